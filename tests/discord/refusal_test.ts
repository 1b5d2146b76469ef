import assert from "node:assert/strict";
import { ManualClock } from "../support/discord/mod.ts";
import { PlainDiscord } from "../support/plain_discord/mod.ts";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";

const REFUSED = "Discord refuses a change for good";
const MESSAGES = "/channels/:channel_id/messages";

Deno.test("[O1] Outbox goes on after an edit and a deletion that a server does not know, and shows them", async () => {
  await using discord = await PlainDiscord.start();
  await using bridge = await (await Bridge.start(discord)).ready();
  const visitor = await bridge.visitor();
  const first = await visitor.say("first");
  await visitor.untilDelivered(1);
  await visitor.edit(first.seq, "FIRST");
  await visitor.say("second");
  await visitor.until(() => visitor.delivered.includes("second"), "the message after the edit");
  await visitor.delete(first.seq);
  await visitor.say("third");
  await visitor.until(() => visitor.delivered.includes("third"), "the message after the deletion");
  assert.deepEqual(
    visitor.delivered.map((content) => content.replace(/^\*The visitor has (\w+).*/, "($1)")),
    [
      "first",
      "(changed)\nFIRST",
      "second",
      "(deleted)",
      "third",
    ],
  );
  const lines = bridge.log.filter(({ message }) => message === REFUSED);
  assert.deepEqual(lines.map(({ level, fields }) => [level, fields.uid, fields.seq]), [
    ["warn", visitor.connection.uid, first.seq],
    ["warn", visitor.connection.uid, first.seq],
  ]);
  assert.match(String(lines[0]?.fields.reason), /Cannot edit a message: Discord answers 404/);
  assert.equal([...visitor.seen.values()].some(({ failed }) => failed !== undefined), false);
});

Deno.test("[O1] Outbox goes on when the words about a refused change are refused as well", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    const { seq } = await visitor.say("first");
    await visitor.untilDelivered(1);
    const refuse = {
      kind: "status",
      status: 403,
      body: { code: 50013, message: "Missing Permissions" },
    } as const;
    discord.faults.add({ method: "PATCH", route: `${MESSAGES}/:message_id`, action: refuse });
    const words = discord.faults.add({ method: "POST", route: MESSAGES, action: refuse });
    await visitor.edit(seq, "FIRST");
    await bridge.until(() => words.hits === 1, "the words");
    await visitor.say("second");
    await visitor.untilDelivered(2);
    assert.deepEqual(visitor.delivered, ["first", "second"]);
  });
});

Deno.test("[X3] Outbox says only once what it could not change, also when the answer to that is lost", async () => {
  const clock = new ManualClock();
  await withDiscord(async (discord) => {
    const store = new LastingStore();
    const first = await (await Bridge.start(discord, { store })).ready();
    const visitor = await first.visitor();
    const { seq } = await visitor.say("first");
    await visitor.untilDelivered(1);
    const refuse = { kind: "status", status: 404, body: { code: 0, message: "404: Not Found" } } as const;
    discord.faults.add({ method: "PATCH", route: `${MESSAGES}/:message_id`, times: 100, action: refuse });
    discord.faults.add({ method: "POST", route: MESSAGES, action: { kind: "truncate" } });
    discord.faults.add({
      method: "GET",
      route: MESSAGES,
      times: 1000,
      action: { kind: "status", status: 503 },
    });
    await visitor.edit(seq, "FIRST");
    await visitor.untilDelivered(2);
    await first[Symbol.asyncDispose]();
    discord.faults.clear();
    // The nonce is forgotten by now.
    clock.advance(3_600_000);
    discord.faults.add({ method: "PATCH", route: `${MESSAGES}/:message_id`, times: 100, action: refuse });
    await using second = await (await Bridge.start(discord, { store })).ready();
    const again = await second.returning(visitor.uid);
    await again.say("second");
    await again.until(() => again.delivered.includes("second"), "the next message");
    assert.deepEqual(again.delivered.map((content) => content.replace(/^\*The visitor.*/, "(words)")), [
      "first",
      "(words)\nFIRST",
      "second",
    ]);
  }, { clock });
});

for (const [what, body] of [["AutoMod", { code: 200000 }], ["the form", { code: 50035 }]] as const) {
  Deno.test(`[O1] Outbox fails only the message that ${what} refuses, out of a pack`, async () => {
    await using discord = await PlainDiscord.start();
    discord.refuse((content) => content.includes("bad"), body);
    await using bridge = await Bridge.start(discord);
    const visitor = await bridge.visitor();
    for (const text of ["one", "two", "bad", "four", "five"]) await visitor.say(text);
    await bridge.ready();
    await visitor.until(() => visitor.delivered.join("\n").includes("five"), "the last message");
    await visitor.until(() => visitor.arrived === 5, "the end of the delivery");
    assert.deepEqual(visitor.delivered.join("\n").split("\n"), ["one", "two", "four", "five"]);
    const { messages } = await visitor.connection.messages();
    assert.deepEqual(messages.map(({ failed }) => failed !== undefined), [false, false, true, false, false]);
  });
}

Deno.test("[X3] Outbox repeats nothing of the parts that came before a refused one", async () => {
  await using discord = await PlainDiscord.start();
  discord.refuse((content) => content.includes("bad"), { code: 200000 });
  await using bridge = await Bridge.start(discord);
  const visitor = await bridge.visitor();
  const long = "x ".repeat(1400);
  for (const text of ["one", long, `${long} bad`, "four"]) await visitor.say(text);
  await bridge.ready();
  await visitor.until(() => visitor.delivered.at(-1) === "four", "the last message");
  assert.deepEqual(visitor.delivered.map((content) => content.length), [3, 1999, 799, 1999, 4]);
});
