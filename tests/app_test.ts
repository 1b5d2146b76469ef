import { deepEqual, equal } from "node:assert/strict";
import { setImmediate } from "node:timers";
import { type App, startApp } from "../src/app.ts";
import { type Config, parseConfig } from "../src/config.ts";
import { DiscordSimulator } from "./support/discord/mod.ts";
import { FakeClock } from "./support/fake_clock.ts";
import { Log } from "./support/log.ts";
import { SocketClient } from "./support/socket_client.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Lets everything that is ready run. */
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function configOf(folder: string, { token, url }: DiscordSimulator): Config {
  const env = {
    DISCORD_TOKEN: token,
    DISCORD_API_URL: url,
    DATABASE_PATH: `${folder}/chatbox50.db`,
    HOST: "127.0.0.1",
    PORT: "0",
    RETENTION_DAYS: "1",
  };
  return parseConfig({ args: [], env, readFile: () => "" });
}

/** Moves on until a step of the retention has ended that removed conversations. */
async function untilRemoved(clock: FakeClock, retention: Log): Promise<unknown> {
  for (let rounds = 0; rounds < 2_000; rounds++) {
    const line = retention.lines.find(({ message }) => message === "Removed what is too old");
    if (line !== undefined) return line.fields;
    clock.advance(2_000);
    await settle();
  }
  throw new Error("Waited in vain for the retention");
}

/** Ends it; what a stop waits for at most is time, too. */
async function stopped(app: App, clock: FakeClock): Promise<void> {
  let ended = false;
  void app.stop("the test has ended").then(() => ended = true);
  for (let rounds = 0; !ended && rounds < 10_000; rounds++) {
    clock.advance(10);
    await settle();
  }
  await app.finished;
}

Deno.test({
  name: "startApp lets a visitor go on whose conversation retention has removed, connected or coming back",
  // Sockets of the gateway and of REST end a turn after the test has seen them end.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(): Promise<void> {
    const folder = await Deno.makeTempDir();
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => Deno.remove(folder, { recursive: true }));
    const discord = await DiscordSimulator.start();
    cleanup.defer(() => discord.close());
    discord.createForum("chatbox50");
    const clock = new FakeClock();
    const retention = new Log();
    const app = await startApp(configOf(folder, discord), {
      makeLogger: (category) => category === "retention" ? retention : new Log(),
      signal: new AbortController().signal,
      clock,
    });
    cleanup.defer(() => stopped(app, clock));
    const url = app.addresses[0] ?? "";

    await using visitor = await SocketClient.hello(url);
    const { session } = await visitor.nextOf("welcome");
    visitor.send({ type: "send", cid: "old", content: "Is anybody there?" });
    equal((await visitor.nextOf("delivered")).seq, 1);
    clock.advance(DAY_MS + HOUR_MS);
    deepEqual(await untilRemoved(clock, retention), { days: 1, messages: 1, conversations: 1 });

    // Who was there all the time is told to come back, and not to try again for ever.
    visitor.send({ type: "send", cid: "new", content: "Still here" });
    equal((await visitor.nextOf("error")).code, "not_found");
    equal((await visitor.ended()).code, 1012);

    await using again = await SocketClient.hello(url, String(session), 1);
    const { rev, reset, messages } = await again.nextOf("welcome");
    deepEqual([rev, reset, messages], [0, true, []]);
    again.send({ type: "send", cid: "new", content: "Still here" });
    const { acks } = await again.nextOf("acks");
    deepEqual((acks as readonly { cid: string; seq: number }[]).map(({ cid, seq }) => [cid, seq]), [[
      "new",
      1,
    ]]);
    equal((await again.nextOf("delivered")).seq, 1);
  },
});
