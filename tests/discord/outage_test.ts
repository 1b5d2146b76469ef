import assert from "node:assert/strict";
import { PlainDiscord } from "../support/plain_discord/mod.ts";
import { Bridge } from "./bridge.ts";

const UNREACHABLE = "Cannot reach Discord, trying again";

Deno.test("[D4] DiscordService connects when Discord comes up after it, and says meanwhile what cannot be reached", async () => {
  await using discord = await PlainDiscord.start({ listening: false });
  await using bridge = await Bridge.start(discord);
  const visitor = await bridge.visitor();
  await visitor.say("Hello");
  await bridge.until(
    () => bridge.logged("warn").filter((line) => line === UNREACHABLE).length >= 2,
    "two tries",
  );
  const line = bridge.log.find(({ message }) => message === UNREACHABLE);
  assert.deepEqual(line?.fields, {
    attempt: 1,
    reason: `Cannot ask for the gateway: ${new URL(discord.url).host} cannot be reached: ` +
      "the connection was refused (ECONNREFUSED)",
  });
  discord.listen();
  await bridge.ready();
  await visitor.until(() => visitor.delivered.includes("Hello"), "the message");
});

Deno.test("[D4] DiscordService delivers what was written while REST was out of reach and the gateway was not", async () => {
  await using discord = await PlainDiscord.start();
  await using bridge = await (await Bridge.start(discord)).ready();
  const visitor = await bridge.visitor();
  await visitor.say("one");
  await visitor.untilDelivered(1);
  await discord.hangUp();
  await visitor.say("two");
  const newcomer = await bridge.visitor();
  await newcomer.say("new");
  const failures = (): number =>
    bridge.logged("warn").filter((line) => line === "A delivery failed, trying again").length;
  await bridge.until(() => failures() >= 6, "failed deliveries");
  discord.listen();
  await visitor.until(() => visitor.delivered.includes("two"), "what waited");
  await newcomer.until(() => newcomer.delivered.includes("new"), "the newcomer's message");
  await visitor.say("three");
  await visitor.until(() => visitor.delivered.includes("three"), "the next message");
  assert.deepEqual(visitor.delivered, ["one", "two", "three"]);
});

Deno.test("[D6] DiscordService stops at once while Discord has never answered", async () => {
  await using discord = await PlainDiscord.start();
  const letGo = discord.silence();
  const bridge = await Bridge.start(discord);
  await bridge.until(() => discord.requests.length > 0, "the first call");
  const tookMs = await timeToStop(bridge);
  letGo();
  assert.ok(tookMs < 1_900, `${tookMs} ms`);
});

Deno.test("[D6] DiscordService stops at once while Discord answers no more, a delivery under way", async () => {
  await using discord = await PlainDiscord.start();
  const bridge = await (await Bridge.start(discord)).ready();
  const visitor = await bridge.visitor();
  await visitor.say("one");
  await visitor.untilDelivered(1);
  const letGo = discord.silence();
  const before = discord.requests.length;
  await visitor.say("two");
  await bridge.until(() => !bridge.service.status.ready && discord.requests.length > before, "the silence");
  const tookMs = await timeToStop(bridge);
  letGo();
  assert.ok(tookMs < 1_900, `${tookMs} ms`);
});

async function timeToStop(bridge: AsyncDisposable): Promise<number> {
  const started = performance.now();
  await bridge[Symbol.asyncDispose]();
  return performance.now() - started;
}
