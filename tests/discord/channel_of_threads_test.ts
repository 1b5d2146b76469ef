import assert from "node:assert/strict";
import { ChannelOfThreads } from "../../src/discord/home/channel_of_threads.ts";
import { Code, DiscordRefusal } from "../../src/discord/errors.ts";
import { readChannel } from "../../src/discord/payloads.ts";
import type { Snowflake } from "../../src/discord/snowflake.ts";
import { FakeClock } from "../support/fake_clock.ts";

const GONE = new DiscordRefusal("read a channel", 404, Code.unknownChannel, "Unknown Channel");
const FORBIDDEN = new DiscordRefusal("read a channel", 403, Code.missingAccess, "Missing Access");
const CHANNEL = readChannel({ id: "1", type: 15, name: "support" });

/** Twenty conversations, whose threads have the ids 100 to 119, and what Discord answers when it is asked for each. */
function searching(
  answers: (id: number) => Error | undefined,
): { search: ChannelOfThreads; clock: FakeClock; asked: number[] } {
  const clock = new FakeClock();
  const asked: number[] = [];
  const threads = Array.from({ length: 20 }, (_, index) => String(100 + index) as Snowflake);
  const search = new ChannelOfThreads({
    worker: { recentIds: (limit) => Promise.resolve(threads.slice(0, limit)) },
    rest: {
      channel: (id) => {
        asked.push(Number(id));
        const failure = answers(Number(id));
        return failure === undefined
          ? Promise.resolve(readChannel({ id, type: 11, parent_id: "1" }))
          : Promise.reject(failure);
      },
    },
    book: { channel: (id) => id === CHANNEL.id ? CHANNEL : undefined },
    clock,
  });
  return { search, clock, asked };
}

const { signal } = new AbortController();

Deno.test("ChannelOfThreads passes over threads that are gone, and asks for none of them again", async () => {
  const { search, asked } = searching((id) => id < 112 ? GONE : undefined);
  assert.equal(await search.find(signal), CHANNEL);
  assert.equal(asked.length, 13);
  assert.equal(await search.find(signal), CHANNEL);
  assert.deepEqual(asked.slice(13), [112]);
});

Deno.test("ChannelOfThreads asks for five threads at a time, and stays far below Discord's 10,000 refusals in ten minutes", async () => {
  const { search, clock, asked } = searching(() => FORBIDDEN);
  assert.equal(await search.find(signal), undefined);
  assert.deepEqual(asked, [100, 101, 102, 103, 104]);
  const stopping = new AbortController();
  // Whatever happens on the server, it looks again each time.
  const looks = (async () => {
    while (!stopping.signal.aborted && asked.length < 1_000) await search.find(stopping.signal);
  })();
  for (let second = 0; second < 600; second++) {
    clock.advance(1_000);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  }
  assert.ok(asked.length > 100 && asked.length <= 131, `${asked.length} refusals`);
  stopping.abort();
  await looks;
  assert.equal(clock.waiting, 0);
});
