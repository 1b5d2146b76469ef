import { deepEqual, equal, match, ok } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { sayNotProven } from "../support/not_proven.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { type Frame, SocketClient } from "../support/socket_client.ts";
import { World } from "./world.ts";

/** Sockets and pipes of processes end a turn after the test has seen them end. */
const RELAXED = { sanitizeOps: false, sanitizeResources: false };
const LONG = "x".repeat(3_900);
const NO_RATES = { LIMIT_MESSAGES: "0", LIMIT_FRAMES: "0" };

/** Only root may mount; elsewhere these are ignored, and say so. */
const mountable = await SmallDisk.mount("size=1m").then(async (disk) => {
  await disk?.[Symbol.asyncDispose]();
  return disk !== undefined;
});
if (!mountable) {
  sayNotProven("[D5] a server on a disk that is full", "needs root and the right to mount a tmpfs");
}

async function answerTo(visitor: SocketClient, cid: string): Promise<Frame> {
  const mentions = (frame: Frame): boolean => JSON.stringify(frame).includes(`"cid":"${cid}"`);
  const frames = await visitor.frames.until(`an answer to ${cid}`, (all) => all.some(mentions));
  const answer = frames.findLast(mentions);
  if (answer === undefined) throw new Error("there is no answer");
  return answer;
}

async function history(url: string, session: string): Promise<readonly string[]> {
  await using visitor = await SocketClient.hello(url, session);
  await visitor.nextOf("welcome");
  const contents: string[] = [];
  for (let before = 1_000_000; before > 1;) {
    visitor.send({ type: "history", before, limit: 100 });
    const { messages } = await visitor.nextOf("history") as unknown as {
      messages: { seq: number; content: string }[];
    };
    contents.unshift(...messages.map(({ content }) => content.replace(LONG, "")));
    before = messages[0]?.seq ?? 1;
  }
  return contents;
}

Deno.test({
  ...RELAXED,
  name:
    "[D5] End to end: a full disk is told as overloaded and acks nothing, and the server recovers when there is space",
  ignore: !mountable,
  async fn(): Promise<void> {
    await using disk = await SmallDisk.mount("size=6m");
    if (disk === undefined) throw new Error("cannot mount");
    await using world = await World.start();
    const env = { ...NO_RATES, DATABASE_PATH: `${disk.path}/chatbox50.db` };
    const server = await world.server(env);
    await using visitor = await SocketClient.hello(await server.url());
    const { session } = await visitor.next();
    visitor.send({ type: "send", cid: "before", content: "before" });
    equal((await answerTo(visitor, "before")).type, "acks");
    await visitor.nextOf("delivered");
    await disk.fill();
    const acked: string[] = ["before"];
    let refused: string | undefined;
    for (let i = 0; i < 2_000 && refused === undefined; i++) {
      // What is left of the log is used up first.
      visitor.send({ type: "send", cid: `full${i}`, content: `full${i}${LONG}` });
      const answer = await answerTo(visitor, `full${i}`);
      if (answer.type === "acks") acked.push(`full${i}`);
      else {
        equal(answer.code, "overloaded");
        refused = `full${i}`;
      }
    }
    ok(refused !== undefined);
    // Reading goes on.
    visitor.send({ type: "history", before: 10, limit: 1 });
    await visitor.nextOf("history");
    await disk.clear();
    visitor.frames.items.length = 0;
    visitor.send({ type: "send", cid: refused, content: `${refused}${LONG}` });
    equal((await answerTo(visitor, refused)).type, "acks");
    acked.push(refused);
    deepEqual(await history(await server.url(), String(session)), acked);
    equal((await server.stop()).code, 0);
    const again = await world.server(env);
    deepEqual(await history(await again.url(), String(session)), acked);
  },
});

Deno.test({
  ...RELAXED,
  name: "[D5] End to end: a read-only disk refuses the start with one line, and no more once it is writable",
  ignore: !mountable,
  async fn(): Promise<void> {
    await using disk = await SmallDisk.mount("size=6m,ro");
    if (disk === undefined) throw new Error("cannot mount");
    await using world = await World.start();
    const env = { DATABASE_PATH: `${disk.path}/chatbox50.db` };
    const { code, text } = await (await world.server(env)).ended;
    equal(code, 73);
    match(text, /^chatbox50: Cannot open the database [^\n]+$/);
    equal(await disk.remount("rw"), true);
    const server = await world.server(env);
    await using visitor = await SocketClient.hello(await server.url());
    visitor.send({ type: "send", cid: "a", content: "writable" });
    await visitor.nextOf("acks");
  },
});

Deno.test(
  "[D5] End to end: a database that another process locks for a while delays acks, for longer it refuses, and all is well after",
  RELAXED,
  async () => {
    await using world = await World.start();
    const server = await world.server();
    await using visitor = await SocketClient.hello(await server.url());
    const { session } = await visitor.next();
    visitor.send({ type: "send", cid: "first", content: "first" });
    await visitor.nextOf("delivered");
    using other = new DatabaseSync(`${world.folder}/chatbox50.db`);
    // The server may be writing at this very moment.
    other.exec("PRAGMA busy_timeout = 2000; BEGIN IMMEDIATE");
    visitor.send({ type: "send", cid: "short", content: "short" });
    // The server is not stuck: it answers what needs no writing.
    for (let i = 0; i < 5; i++) {
      visitor.send({ type: "history", before: 10, limit: 10 });
      await visitor.nextOf("history");
    }
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    ok(!JSON.stringify(visitor.frames.items).includes('"cid":"short"'));
    other.exec("ROLLBACK");
    equal((await answerTo(visitor, "short")).type, "acks");
    other.exec("BEGIN IMMEDIATE");
    visitor.send({ type: "send", cid: "long", content: "long" });
    const refused = await answerTo(visitor, "long");
    deepEqual([refused.type, refused.code], ["error", "overloaded"]);
    other.exec("ROLLBACK");
    visitor.frames.items.length = 0;
    visitor.send({ type: "send", cid: "long", content: "long" });
    equal((await answerTo(visitor, "long")).type, "acks");
    deepEqual(await history(await server.url(), String(session)), ["first", "short", "long"]);
    const [thread] = world.discord.threads(world.forum);
    await world.discord.until(() =>
      /first[^]*short[^]*long/.test(
        world.discord.messages(String(thread?.id)).map(({ content }) => content).join("\n"),
      )
    );
  },
);
