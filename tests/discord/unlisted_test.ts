// Threads cannot be listed: what staff write flows all the same, and the operator learns of what cannot be looked up.
import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../src/core/mod.ts";
import { talk } from "./talk.ts";

const LISTS = { "active": /\/threads\/active$/, "archived": /\/threads\/archived\/public$/ };
const ERROR = { kind: "status", status: 500 } as const;

for (const [name, route] of Object.entries(LISTS)) {
  Deno.test(`[X4][O1] Intake brings what staff write, behind what was missed in their thread, while ${name} threads cannot be listed`, async () => {
    await talk(async ({ discord, visitor, thread, alice, bridge }) => {
      alice.say(thread, "before");
      await visitor.untilHeard(1);
      const fault = discord.faults.add({ method: "GET", route, times: 1_000, action: ERROR });
      discord.dropGateway({ resumable: false });
      alice.say(thread, "missed");
      await bridge.until(() => fault.hits > 0, "the list to be asked for");
      alice.say(thread, "live");
      await visitor.untilHeard(3);
      alice.say(thread, "more");
      await visitor.untilHeard(4);
      assert.deepEqual(visitor.texts, ["before", "missed", "live", "more"]);
    });
  });
}

Deno.test("[X4] Intake reads what was missed in active threads while archived ones cannot be listed", async () => {
  await talk(async ({ discord, thread, alice, leave, back }) => {
    await leave();
    alice.say(thread, "missed");
    discord.faults.add({ method: "GET", route: LISTS.archived, times: 1_000, action: ERROR });
    const { visitor } = await back();
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["missed"]);
  });
});

Deno.test("[X4] Intake reads the threads that it knows where Discord refuses to list any", async () => {
  await talk(async ({ discord, thread, alice, leave, back }) => {
    await leave();
    alice.say(thread, "missed");
    const action = { kind: "status", status: 400, body: { code: 0, message: "Bad Request" } } as const;
    for (const route of Object.values(LISTS)) {
      discord.faults.add({ method: "GET", route, times: 1_000, action });
    }
    const { visitor } = await back();
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["missed"]);
  });
});

Deno.test("[X4] DiscordService is not ready when it cannot look up for a minute what was missed, and is once it can", async () => {
  let later = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + later };
  await talk(async ({ discord, bridge }) => {
    const fault = discord.faults.add({
      method: "GET",
      route: LISTS.archived,
      times: 1_000,
      action: ERROR,
    });
    discord.dropGateway({ resumable: false });
    await bridge.until(() => fault.hits > 1, "the list to be asked for");
    assert.deepEqual(bridge.service.status, { ready: true });
    later = 61_000;
    assert.deepEqual(bridge.service.status, {
      ready: false,
      reason:
        "Discord does not list its threads, so what staff wrote while ChatBox50 was away waits; the log says why",
    });
    fault.remove();
    await bridge.ready();
  }, { clock });
});
