/** The page for people, its API, and the file that keeps the state. */
import assert from "node:assert/strict";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { loadState, StateFile } from "../support/discord/persist.ts";
import { ask } from "./client.ts";

async function act(discord: DiscordSimulator, action: string, body: object): Promise<Response> {
  return await fetch(`${discord.url}/staff/${action}`, {
    method: "POST",
    headers: { "x-staff-page": "1", "content-type": "application/json" },
    body: JSON.stringify({ as: "Alice", ...body }),
  });
}

Deno.test("staff page is served with a strict policy and without inline code", async () => {
  await using discord = await DiscordSimulator.start();
  const page = await fetch(discord.url);
  assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'; script-src 'self'/);
  const html = await page.text();
  const paths = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
  assert.ok(paths.includes("/page.js"));
  for (
    const path of [...paths, "/dom.js", "/api.js", "/composer.js", "/conversation.js", "/thread_list.js"]
  ) {
    const response = await fetch(`${discord.url}${path}`);
    assert.equal(response.status, 200, path);
    assert.doesNotMatch(await response.text(), /innerHTML|insertAdjacentHTML|document\.write/);
  }
});

Deno.test("staff page says, edits and deletes as the person named", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const file = { name: "a.txt", type: "text/plain", base64: btoa("bytes") };
  assert.equal(
    (await (await act(discord, "say", { channel, text: "hello", files: [file] })).json()).error,
    undefined,
  );
  const [message] = discord.messages(channel);
  assert.deepEqual([message?.author.global_name, message?.content], ["Alice", "hello"]);
  assert.equal(await (await fetch(message?.attachments[0]?.url ?? "")).text(), "bytes");
  await (await act(discord, "edit", { channel, message: message?.id, text: "bye" })).body?.cancel();
  const [shown] = await (await fetch(`${discord.url}/staff/messages?channel=${channel}`)).json();
  assert.deepEqual([shown.text, shown.edited], ["bye", true]);
  await (await act(discord, "delete", { channel, message: message?.id })).body?.cancel();
  assert.deepEqual(discord.messages(channel), []);
  const refused = await act(discord, "say", { channel: "1", text: "x" });
  assert.deepEqual([refused.status, (await refused.json()).error], [400, "Unknown Channel"]);
});

Deno.test("staff page shows a message as it is formatted, or as it was written", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  for (
    const [text, parts] of [
      ["**New** with `a_b_c`\n_it **all**_", [
        { text: "New", as: ["b"] },
        { text: " with ", as: [] },
        { text: "a_b_c", as: ["code"] },
        { text: "\n", as: [] },
        { text: "it ", as: ["i"] },
        { text: "all", as: ["i", "b"] },
      ]],
      ["||no|| **spoilers**", [{ text: "||no|| **spoilers**", as: [] }]],
    ] as const
  ) {
    await (await act(discord, "say", { channel, text })).body?.cancel();
    const shown = await (await fetch(`${discord.url}/staff/messages?channel=${channel}`)).json();
    assert.deepEqual(shown.at(-1).parts, parts);
  }
});

Deno.test("staff page acts for nobody but itself", async () => {
  await using discord = await DiscordSimulator.start({ log: () => {} });
  const channel = discord.createTextChannel("talk");
  const body = JSON.stringify({ as: "Mallory", channel, text: "x" });
  const response = await fetch(`${discord.url}/staff/say`, { method: "POST", body });
  await response.body?.cancel();
  assert.equal(response.status, 404);
  assert.deepEqual(discord.messages(channel), []);
});

Deno.test("staff page tells of every change", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const response = await fetch(`${discord.url}/staff/events`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.match((await reader?.read())?.value ?? "", /event: change/);
  discord.staff("Alice").type(channel);
  let heard = "";
  while (!heard.includes("event: typing")) {
    heard += (await reader?.read())?.value ?? assert.fail("the stream ended");
  }
  assert.match(heard, /"name":"Alice"/);
  await reader?.cancel();
});

Deno.test("a snapshot continues where it was taken", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/discord.json`;
  try {
    assert.equal(await loadState(path), undefined);
    let before;
    {
      await using discord = await DiscordSimulator.start();
      const file = new StateFile(path, discord);
      const forum = discord.createForum("chatbox50", { tags: ["open"] });
      const { json } = await ask(discord, "POST", `/channels/${forum}/threads`, {
        name: "a",
        message: { content: "a" },
      });
      discord.staff("Alice").say(json.id, "b", {
        files: [{ name: "a.bin", data: new Uint8Array([0, 255]) }],
      });
      file.close();
      before = { token: discord.token, forum, thread: json.id as string, snapshot: discord.snapshot() };
    }
    const snapshot = await loadState(path);
    assert.ok(snapshot);
    await using discord = await DiscordSimulator.start({ snapshot });
    assert.equal(discord.token, before.token);
    assert.deepEqual(discord.snapshot(), before.snapshot);
    assert.deepEqual(discord.threads(before.forum).map(({ id }) => id), [before.thread]);
    const last = discord.messages(before.thread).at(-1);
    const bytes = await (await fetch(last?.attachments[0]?.url ?? "")).bytes();
    assert.deepEqual([...bytes], [0, 255]);
    const next = discord.staff("Alice").say(before.thread, "c");
    assert.ok(BigInt(next.id) > BigInt(last?.id ?? 0));
    assert.equal(next.author.id, last?.author.id, "Alice is the same person");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
