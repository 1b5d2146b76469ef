import assert from "node:assert/strict";
import { Bridge, withDiscord } from "./bridge.ts";

Deno.test("[X7] DiscordService delivers a burst of 200 within 15 s under Discord's rate limits", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const visitor = await bridge.visitor();
    const texts = Array.from({ length: 200 }, (_, index) => `short message ${index}`);
    const started = performance.now();
    await Promise.all(texts.map((text) => visitor.say(text)));
    await visitor.until(() => visitor.delivered.join("\n").endsWith("message 199"), "the burst");
    assert.ok(performance.now() - started < 15_000);
    assert.deepEqual(visitor.delivered.join("\n").split("\n"), texts);
  }, { rateLimits: true });
});

Deno.test("[O2] DiscordService lets other threads flow while one has used up its limit", async () => {
  await withDiscord(async (discord) => {
    await using bridge = await (await Bridge.start(discord)).ready();
    const busy = await bridge.visitor();
    const calm = await bridge.visitor();
    await busy.say("Hello");
    await calm.say("Hello");
    await busy.untilDelivered(1);
    await calm.untilDelivered(1);
    for (let index = 0; index < 12; index++) await busy.say(`${index} ${"x ".repeat(990)}`);
    const started = performance.now();
    await calm.say("Quick");
    await calm.untilDelivered(2);
    assert.ok(performance.now() - started < 1_000, `${performance.now() - started} ms`);
    assert.ok(busy.delivered.length < 13, "the busy thread is held by its limit");
  }, { rateLimits: true });
});
