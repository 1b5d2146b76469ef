// What Discord refuses only for now waits, and nobody is told that it has failed.
import assert from "node:assert/strict";
import { DiscordRefusal, DiscordUnreachable } from "../../src/discord/errors.ts";
import { failureOf } from "../../src/discord/rest/failed_call.ts";
import type { Bridge, LogLine } from "./bridge.ts";
import { talk } from "./talk.ts";

const MESSAGES = "/channels/:channel_id/messages";
const FULL = "code 160006, Maximum number of active threads reached; archive some threads of the server";

/** The lines that tell of a delivery to be tried again. */
function triesOf(bridge: Bridge): readonly LogLine[] {
  return bridge.log.filter(({ message }) => message === "A delivery failed, trying again");
}

async function untilTried(bridge: Bridge): Promise<LogLine> {
  const line = await bridge.until(() => triesOf(bridge).at(-1), "the first try");
  assert.deepEqual(bridge.logged("error"), []);
  return line;
}

for (const persona of ["bot", "webhook"] as const) {
  Deno.test(`[X8] Outbox lets a message wait while the server has no room for the thread to wake, shown by the ${persona}`, async () => {
    await talk(async ({ discord, bridge, visitor, thread, alice }) => {
      const other = await bridge.visitor();
      await other.say("one");
      await other.untilDelivered(1);
      alice.editThread(thread, { archived: true });
      discord.limitActiveThreads(1);
      const { seq } = await visitor.say("two");
      const { level, fields } = await untilTried(bridge);
      assert.equal(level, "warn");
      assert.match(String(fields.reason), /^Cannot send .*: Discord answers 400, /);
      assert.ok(String(fields.reason).endsWith(FULL), String(fields.reason));
      assert.ok(Number(fields.retryInMs) >= 60_000, String(fields.retryInMs));
      // Whoever has an active thread is heard all the same.
      await other.say("two");
      await other.untilDelivered(2);
      assert.deepEqual(visitor.delivered, ["Hello"]);
      discord.limitActiveThreads(2);
      bridge.chatBox.worker2.resumeDeliveries();
      await visitor.untilDelivered(2);
      await visitor.until(() => visitor.arrived === seq, "the arrival");
      assert.deepEqual(visitor.delivered, ["Hello", "two"]);
      assert.equal(visitor.seen.get(seq)?.failed, undefined);
      assert.equal(triesOf(bridge).length, 1);
    }, { persona });
  });

  Deno.test(`[X8] Outbox lets an edit wait while the server has no room for the thread to wake, shown by the ${persona}`, async () => {
    await talk(async ({ discord, bridge, visitor, thread, alice }) => {
      alice.editThread(thread, { archived: true });
      discord.limitActiveThreads(0);
      await visitor.edit(1, "Hello, edited");
      const { fields } = await untilTried(bridge);
      assert.match(String(fields.reason), /^Cannot change a thread: /);
      assert.ok(String(fields.reason).endsWith(FULL), String(fields.reason));
      assert.ok(Number(fields.retryInMs) >= 60_000, String(fields.retryInMs));
      discord.limitActiveThreads(1);
      bridge.chatBox.worker2.resumeDeliveries();
      await visitor.until(() => visitor.delivered.includes("Hello, edited"), "the edit");
      assert.deepEqual(visitor.delivered, ["Hello, edited"]);
      assert.equal(visitor.seen.get(1)?.failed, undefined);
    }, { persona });
  });
}

Deno.test("[X8] ThreadMaker lets a new conversation wait while the server has no room for its thread", async () => {
  await talk(async ({ discord, bridge, visitor }) => {
    discord.limitActiveThreads(1);
    const other = await bridge.visitor();
    const { seq } = await other.say("one");
    const { fields } = await untilTried(bridge);
    assert.equal(fields.reason, `Cannot make a thread: Discord answers 400, ${FULL}`);
    assert.ok(Number(fields.retryInMs) >= 60_000, String(fields.retryInMs));
    await visitor.say("two");
    await visitor.untilDelivered(2);
    discord.limitActiveThreads(2);
    bridge.chatBox.worker2.resumeDeliveries();
    await other.untilDelivered(1);
    assert.equal(other.seen.get(seq)?.failed, undefined);
  });
});

for (
  const [status, code, message] of [
    [400, 40004, "Send messages has been temporarily disabled"],
    [403, 40333, "internal network error"],
    [400, 20028, "The write action you are performing on the channel has hit the write rate limit"],
  ] as const
) {
  Deno.test(`[X8] Outbox tries again what Discord refuses with ${status} and the code ${code}, which passes`, async () => {
    await talk(async ({ discord, bridge, visitor }) => {
      const refused = discord.faults.add({
        method: "POST",
        route: MESSAGES,
        action: { kind: "status", status, body: { code, message } },
      });
      const { seq } = await visitor.say("two");
      const { fields } = await untilTried(bridge);
      assert.equal(
        fields.reason,
        `Cannot send a message: Discord answers ${status}, code ${code}, ${message}`,
      );
      bridge.chatBox.worker2.resumeDeliveries();
      await visitor.untilDelivered(2);
      assert.equal(refused.hits, 1);
      assert.equal(visitor.seen.get(seq)?.failed, undefined);
    });
  });
}

const CALL = { action: "do it", baseUrl: "http://127.0.0.1", timeoutMs: 1, retryAfterMs: 0 };

function answer(status: number, body: object): Error {
  return new Error("refused", { cause: { status, body: JSON.stringify(body) } });
}

Deno.test("failureOf gives what passes as unreachable, and how long it is left alone", () => {
  const limited = [20016, 20022, 20028, 20029, 30046, 40062, 110001, 130000];
  const aMinute = [40004, 40006, 40333, 160006, 160007];
  for (const code of [...limited, ...aMinute]) {
    for (const status of [400, 403, 404]) {
      const failure = failureOf(CALL, answer(status, { code, message: "no" }));
      assert.ok(failure instanceof DiscordUnreachable, String(code));
      const expected = aMinute.includes(code) ? 60_000 : undefined;
      assert.deepEqual([failure.status, failure.sent, failure.retryAfterMs], [status, false, expected]);
    }
  }
  const asked = failureOf(CALL, answer(400, { code: 20028, message: "no", retry_after: 0.3 }));
  assert.ok(asked instanceof DiscordUnreachable);
  assert.equal(asked.retryAfterMs, 300);
});

Deno.test("failureOf gives what stands as it is as a refusal", () => {
  for (const code of [0, 10003, 30033, 50001, 50013, 50035, 50083, 50101, 160002, 160005, 200000]) {
    assert.ok(failureOf(CALL, answer(400, { code, message: "no" })) instanceof DiscordRefusal, String(code));
  }
});

for (
  const [status, code, words] of [
    [403, 20009, /Discord's own filter for explicit content blocks it/],
    [400, 240000, /Discord's own filter for harmful links blocks it/],
  ] as const
) {
  Deno.test(`[X8] Outbox fails only the message that Discord's filter stops with the code ${code}`, async () => {
    await talk(async ({ discord, bridge, visitor }) => {
      discord.faults.add({
        method: "POST",
        route: MESSAGES,
        times: 10,
        when: ({ body }) => JSON.stringify(body).includes("bad"),
        action: { kind: "status", status, body: { code, message: "no" } },
      });
      const { seq } = await visitor.say("bad");
      await visitor.until(() => visitor.seen.get(seq)?.failed, "the failure");
      assert.match(visitor.seen.get(seq)?.failed ?? "", /a filter stopped it/);
      const line = bridge.log.find(({ message }) => message === "A delivery failed for good");
      assert.match(String(line?.fields.error), words);
      await visitor.say("good");
      await visitor.untilDelivered(2);
      assert.deepEqual(visitor.delivered, ["Hello", "good"]);
      assert.deepEqual(triesOf(bridge), []);
    });
  });
}
