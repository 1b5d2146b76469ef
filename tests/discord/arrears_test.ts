// What is taken up after a start: only what is noted, so that a start without debts asks Discord nothing.
import assert from "node:assert/strict";
import { silentLogger } from "../../src/core/mod.ts";
import { isSnowflake } from "../../src/discord/mod.ts";
import { Arrears } from "../../src/discord/owed/arrears.ts";
import type { DiscordChannel } from "../../src/discord/ports.ts";
import { readChannel } from "../../src/discord/payloads.ts";
import { Bridge, withDiscord } from "./bridge.ts";

Deno.test("Arrears takes up what is noted, and a mark in an archived thread only once that is awake", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const notes = [
      {},
      { "discord.toShow": {} },
      { "discord.toMark": "unreachable" },
      { "discord.toMark": "archived" },
      { "discord.toShow": { since: 1 }, "discord.toMark": "archived" },
    ];
    const threads: string[] = [];
    for (const note of notes) {
      const visitor = await bridge.visitor();
      await visitor.say("Hello");
      threads.push(await visitor.untilDelivered(1));
      await visitor.connection.properties.update(note);
    }
    const taken = { shown: new Set<number>(), marked: new Set<number>() };
    const arrears = new Arrears({
      worker: bridge.chatBox.worker2,
      face: { takeUp: (thread) => taken.shown.add(threads.indexOf(thread)) },
      courtesies: { takeUp: (thread) => taken.marked.add(threads.indexOf(thread)) },
      logger: silentLogger,
    });
    const told = (index: number, archived: boolean): DiscordChannel =>
      readChannel({ id: threads[index], type: 11, thread_metadata: { archived } });
    await arrears.takeUp([told(0, false), told(3, true)]);
    assert.deepEqual([taken.shown, taken.marked], [new Set([1, 4]), new Set([2])]);
    await arrears.takeUp([told(3, false)]);
    assert.deepEqual([taken.shown, taken.marked], [new Set([1, 4]), new Set([2, 3])]);
    const last = threads[4];
    assert.ok(isSnowflake(last));
    await arrears.woke(last);
    assert.deepEqual(taken.marked, new Set([2, 3, 4]));
  });
});
