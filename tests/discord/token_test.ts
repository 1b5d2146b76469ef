import assert from "node:assert/strict";
import { within } from "../support/until.ts";
import { Bridge, withDiscord } from "./bridge.ts";

const MESSAGES = "/channels/:channel_id/messages";
const unauthorized = {
  kind: "status",
  status: 401,
  body: { message: "401: Unauthorized", code: 0 },
} as const;

Deno.test("[D4] DiscordService delivers after one 401 by mistake", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("one");
    await visitor.untilDelivered(1);
    discord.faults.add({ method: "POST", route: MESSAGES, action: unauthorized });
    await visitor.say("two");
    await visitor.untilDelivered(2);
    assert.equal(bridge.service.status.ready, true);
    assert.deepEqual([...visitor.seen.values()].filter(({ failed }) => failed !== undefined), []);
  });
});

Deno.test("DiscordService is not ready and names the token when Discord refuses it while running", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("one");
    await visitor.untilDelivered(1);
    discord.faults.add({ times: 1000, action: unauthorized });
    await visitor.say("two");
    const problem = await within("the problem", bridge.service.problem, 5_000);
    assert.equal(problem.code, "token");
    assert.equal(bridge.service.status.ready, false);
    assert.match(bridge.service.status.reason ?? "", /Reset Token/);
    assert.equal(bridge.logged("error").filter((line) => line === problem.message).length, 1);
    assert.ok(discord.invalidRequests <= 3, `${discord.invalidRequests} refused requests`);
  });
});
