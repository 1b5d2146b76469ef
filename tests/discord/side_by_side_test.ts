import assert from "node:assert/strict";
import type { DiscordSimulator, FaultAction } from "../support/discord/mod.ts";
import { Bridge, withDiscord } from "./bridge.ts";
import { hold } from "./hold.ts";
import { scene } from "./scene.ts";

const THREADS = "/channels/:channel_id/threads";
const EXECUTE = "/webhooks/:webhook_id/:webhook_token";
const CHANGE = "/webhooks/:webhook_id/:webhook_token/messages/:message_id";

/** An attempt that hangs is given up after 15 s, an upload after 120 s; what does not wait for it is there long before. */
const PROMPTLY_MS = 5_000;

const LIMITED = { rateLimits: true } as const;

/** How often Discord has answered 429. */
function limited(discord: DiscordSimulator): number {
  return discord.requests.filter(({ status }) => status === 429).length;
}

async function promptly(work: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  await work();
  const tookMs = performance.now() - started;
  assert.ok(tookMs < PROMPTLY_MS, `${tookMs} ms`);
}

/** Discord takes its time with every call. */
function slow(discord: DiscordSimulator, ms: number): void {
  discord.faults.random = (): FaultAction => {
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, ms);
    return { kind: "delay", until: promise };
  };
}

for (const [what, earlier] of [["first", 0], ["third", 2]] as const) {
  for (const kind of ["delay", "late"] as const) {
    Deno.test(`[O2] RestCaller makes the threads of others while the making of the ${what} hangs (${kind})`, async () => {
      await withDiscord(async (discord) => {
        await using bridge = await (await Bridge.start(discord)).ready();
        for (let index = 0; index < earlier; index++) {
          const before = await bridge.visitor();
          await before.say("Before");
          await before.untilDelivered(1);
        }
        const held = hold(discord, kind, "POST", THREADS);
        const [hanging, ...others] = [await bridge.visitor(), await bridge.visitor(), await bridge.visitor()];
        await hanging.say("Hangs");
        await held.asked;
        await promptly(async () => {
          for (const other of others) await other.say("Quick");
          for (const other of others) await other.untilDelivered(1);
        });
        assert.deepEqual(hanging.delivered, []);
        held.release();
        await hanging.untilDelivered(1);
        assert.deepEqual(hanging.delivered, ["Hangs"]);
        assert.equal(limited(discord), 0);
        assert.equal(discord.threads().length, earlier + 3);
      }, LIMITED);
    });
  }
}

for (const kind of ["delay", "late"] as const) {
  Deno.test(`[O2] RestCaller posts for others by the webhook while an upload hangs (${kind})`, async () => {
    await scene(async ({ discord, bridge, visitor, upload }) => {
      const other = await bridge.visitor();
      await other.say("Hello");
      await other.untilDelivered(1);
      const held = hold(discord, kind, "POST", EXECUTE);
      const before = visitor.delivered.length;
      await visitor.say("See this", undefined, [
        await upload("plan.txt", new TextEncoder().encode("the plan")),
      ]);
      await visitor.say("Below it");
      await held.asked;
      await promptly(async () => {
        for (let count = 2; count <= 4; count++) {
          await other.say(`Quick ${count}`);
          await other.untilDelivered(count);
        }
      });
      assert.ok(!visitor.delivered.includes("Below it"), "in order within a conversation");
      held.release();
      await visitor.until(() => visitor.delivered.includes("Below it"), "what was written below it");
      assert.deepEqual(visitor.delivered.slice(before), ["See this", "Below it"]);
      assert.equal(limited(discord), 0);
    }, { persona: "webhook", simulator: LIMITED });
  });
}

Deno.test("[O2] RestCaller goes on for others by the webhook while as many uploads hang as its limit takes", async () => {
  const limits = { [`POST ${EXECUTE}`]: [2, 1_000] } as const;
  await scene(async ({ discord, bridge, visitor, upload }) => {
    const file = await upload("plan.txt", new TextEncoder().encode("the plan"));
    const uploaders = [await bridge.visitor(), await bridge.visitor()];
    for (const each of uploaders) await each.say("Hello");
    for (const each of uploaders) await each.untilDelivered(1);
    const held = uploaders.map(() => hold(discord, "delay", "POST", EXECUTE));
    for (const each of uploaders) await each.say("See this", undefined, [file]);
    await Promise.all(held.map(({ asked }) => asked));
    await promptly(async () => {
      await visitor.say("Quick");
      await visitor.until(() => visitor.delivered.includes("Quick"), "words that wait for no upload");
    });
    for (const { release } of held) release();
    for (const each of uploaders) await each.untilDelivered(2);
  }, { persona: "webhook", simulator: { rateLimits: { routes: true, limits } } });
});

Deno.test("[O2] RestCaller changes what others have said by the webhook while a change hangs", async () => {
  await scene(async ({ discord, bridge, visitor }) => {
    const other = await bridge.visitor();
    const [first, second] = [await visitor.say("Mine"), await other.say("Theirs")];
    await visitor.until(() => visitor.delivered.includes("Mine"), "the first words");
    await other.untilDelivered(1);
    const held = hold(discord, "delay", "PATCH", CHANGE);
    await visitor.edit(first.seq, "Mine, changed");
    await held.asked;
    await promptly(async () => {
      await other.edit(second.seq, "Theirs, changed");
      await other.until(() => other.delivered.includes("Theirs, changed"), "the other's change");
    });
    await visitor.edit(first.seq, "Mine, changed again");
    held.release();
    await visitor.until(() => visitor.delivered.includes("Mine, changed again"), "both changes, in order");
  }, { persona: "webhook", simulator: LIMITED });
});

for (const [count, kind, inMs] of [[40, "forum", 8_000], [20, "text", 6_000]] as const) {
  Deno.test(`[O2] RestCaller brings ${count} new visitors at once, side by side and within Discord's limits (${kind})`, async () => {
    await withDiscord(async (discord) => {
      await using bridge = await (await Bridge.start(discord)).ready();
      const visitors = await Promise.all(Array.from({ length: count }, () => bridge.visitor()));
      slow(discord, 400);
      const started = performance.now();
      await Promise.all(visitors.map((visitor) => visitor.say("Hello")));
      for (const visitor of visitors) await visitor.untilDelivered(1);
      // One after the other they take 0.4 s each for the thread alone.
      const tookMs = performance.now() - started;
      assert.ok(tookMs < inMs, `${tookMs} ms`);
      assert.equal(limited(discord), 0);
      assert.equal(discord.threads().length, count);
    }, { ...LIMITED, kind });
  });
}

Deno.test("[O1] RestCaller keeps the order within each thread while several share a slow webhook", async () => {
  await scene(async ({ discord, bridge, visitor }) => {
    const visitors = [visitor, await bridge.visitor()];
    for (const each of visitors) await each.say("Hello");
    for (const each of visitors) await each.until(() => each.delivered.includes("Hello"), "the first words");
    slow(discord, 100);
    // Too long for two to share a message of Discord's.
    const texts = ["one", "two", "three", "four"].map((word) => `${word} ${"x ".repeat(900)}`.trim());
    for (const text of texts) await Promise.all(visitors.map((each) => each.say(text)));
    for (const each of visitors) {
      await each.until(() => each.delivered.at(-1)?.startsWith("four"), "the last words");
      assert.deepEqual(each.delivered.slice(-4), texts);
    }
    assert.equal(limited(discord), 0);
  }, { persona: "webhook", simulator: LIMITED });
});
