import assert from "node:assert/strict";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { ask } from "./client.ts";

const ROUTE = "/channels/:channel_id/messages";

Deno.test("faults answer without acting, as often as they are told to", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const send = () => ask(discord, "POST", `/channels/${channel}/messages`, { content: "a" });
  const fault = discord.faults.add({ route: ROUTE, times: 2, action: { kind: "status", status: 502 } });
  assert.deepEqual([(await send()).status, (await send()).status, (await send()).status], [502, 502, 200]);
  assert.equal(fault.hits, 2);
  assert.equal(discord.messages(channel).length, 1);
});

Deno.test("faults choose requests by method, path and body", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  discord.faults.add({
    method: "POST",
    route: /^\/channels\/\d+\/messages$/,
    when: ({ body }) => (body as { content?: string })?.content === "bad",
    action: { kind: "status", status: 403, body: { message: "Missing Permissions", code: 50013 } },
  });
  const send = (content: string) => ask(discord, "POST", `/channels/${channel}/messages`, { content });
  assert.equal((await send("good")).status, 200);
  assert.equal((await ask(discord, "GET", `/channels/${channel}/messages`)).status, 200);
  assert.equal((await send("bad")).json.code, 50013);
});

Deno.test("faults drop a connection before anything is done", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  discord.faults.add({ action: { kind: "drop" } });
  await assert.rejects(ask(discord, "POST", `/channels/${channel}/messages`, { content: "a" }), TypeError);
  assert.deepEqual([discord.messages(channel).length, discord.requests.at(-1)?.status], [0, -1]);
});

Deno.test("faults act and lose the response", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  discord.faults.add({ action: { kind: "lose" } });
  await assert.rejects(ask(discord, "POST", `/channels/${channel}/messages`, { content: "a" }), TypeError);
  assert.equal(discord.messages(channel).length, 1);
});

Deno.test("faults cut a response short", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  discord.faults.add({ action: { kind: "truncate" } });
  await assert.rejects(ask(discord, "POST", `/channels/${channel}/messages`, { content: "a" }));
  assert.equal(discord.messages(channel).length, 1);
});

Deno.test("faults hold a request or its answer back until the test says so", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const [before, after] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  discord.faults.add({ action: { kind: "delay", until: before.promise } });
  discord.faults.add({ action: { kind: "late", until: after.promise } });
  const delayed = ask(discord, "POST", `/channels/${channel}/messages`, { content: "delayed" });
  await discord.until(() => discord.requests.length === 1);
  const late = ask(discord, "POST", `/channels/${channel}/messages`, { content: "late" });
  await discord.until(() => discord.messages(channel).length === 1);
  assert.deepEqual(discord.requests.map(({ status }) => status), [0, 0], "neither is answered");
  after.resolve();
  assert.equal((await late).json.content, "late");
  before.resolve();
  assert.equal((await delayed).json.content, "delayed");
  assert.deepEqual(discord.messages(channel).map(({ content }) => content), ["late", "delayed"]);
});

Deno.test("until fails with the transcript when it waits in vain", async () => {
  await using discord = await DiscordSimulator.start();
  await ask(discord, "GET", "/users/@me");
  await assert.rejects(
    discord.until(() => false, { timeoutMs: 1, what: "the impossible" }),
    /Waited 1 ms in vain for: the impossible\n[\s\S]*GET \/users\/@me 200/,
  );
});
