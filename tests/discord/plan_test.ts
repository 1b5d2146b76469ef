import assert from "node:assert/strict";
import type { Uuid } from "../../src/core/mod.ts";
import {
  alreadyPosted,
  nonceOf,
  type NonceSource,
  type Plan,
  planFromNote,
  planToNote,
} from "../../src/discord/outbox/plan.ts";
import type { DiscordMessage } from "../../src/discord/ports.ts";
import type { Snowflake } from "../../src/discord/snowflake.ts";

const id = (value: string): Snowflake => value as Snowflake;
const bot = id("7");
const isOwn = (message: DiscordMessage): boolean => message.author.id === bot;

function message(number: string, content: string, author = bot): DiscordMessage {
  const user = { id: author, username: "x", bot: true };
  return {
    id: id(number),
    channelId: id("1"),
    author: user,
    type: 0,
    content,
    mentions: [],
    attachments: [],
    extras: [],
    forwarded: [],
  };
}

function planOf(...contents: string[]): Plan {
  const steps = contents.map((content, index) => ({ do: "post", nonce: `n${index}`, content } as const));
  return { v: 1, thread: id("1"), after: id("1"), steps, ids: [], seq: contents.length, revs: [] };
}

Deno.test("[X3] nonceOf is fixed, short, and different for everything that differs", async () => {
  const source: NonceSource = { kind: "message", uid: "u" as Uuid, place: id("1"), seq: 1, rev: 0, part: 0 };
  const others: NonceSource[] = [
    source,
    { ...source, kind: "edit" },
    { ...source, uid: "v" as Uuid },
    { ...source, place: id("2") },
    { ...source, seq: 2 },
    { ...source, rev: 1 },
    { ...source, part: 1 },
  ];
  const nonces = await Promise.all(others.map(nonceOf));
  assert.equal(new Set(nonces).size, others.length);
  assert.ok(nonces.every((nonce) => nonce.length <= 25));
  assert.equal(await nonceOf({ ...source }), nonces[0]);
});

Deno.test("[X3] alreadyPosted recognises the posts of a plan by author and content, in order", () => {
  const plan = planOf("a", "b", "a");
  const there = [message("10", "a", id("8")), message("11", "a"), message("12", "c"), message("13", "b")];
  assert.deepEqual([...alreadyPosted(plan, there, isOwn)], [[0, "11"], [1, "13"]]);
  assert.deepEqual([...alreadyPosted(plan, [message("11", "b")], isOwn)], []);
});

Deno.test("[X3] alreadyPosted tells posts of the same words apart by their files", () => {
  const file = { id: "f", name: "a.png", size: 1, type: "image/png" };
  const [step] = planOf("a").steps;
  assert.ok(step?.do === "post");
  const plan: Plan = { ...planOf("a"), steps: [{ ...step, files: [file] }, { ...step, nonce: "n1" }] };
  const attachment = { id: id("20"), filename: "a.png", size: 1, url: "https://cdn.example/a.png" };
  const bare = message("11", "a");
  const filed = { ...message("12", "a"), attachments: [attachment] };
  assert.deepEqual([...alreadyPosted(plan, [bare], isOwn)], []);
  assert.deepEqual([...alreadyPosted(plan, [bare, filed], isOwn)], [[0, "12"]]);
  assert.deepEqual([...alreadyPosted(plan, [filed, message("13", "a")], isOwn)], [[0, "12"], [1, "13"]]);
});

Deno.test("[X3] a plan survives being kept", () => {
  const plan = planOf("a", "b");
  assert.deepEqual(planFromNote(JSON.parse(JSON.stringify(planToNote(plan)))), plan);
  for (const note of [undefined, null, 1, "x", {}, { v: 2 }, []]) assert.equal(planFromNote(note), undefined);
});
