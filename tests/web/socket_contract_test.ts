import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { isUuid, type Uuid } from "../../src/core/mod.ts";
import { type Frame, SocketClient } from "../support/socket_client.ts";
import { socketTest } from "./server_test_case.ts";
import type { TestServer } from "./web_server.ts";

async function threadOf({ worker1, worker2 }: TestServer["chatBox"], uid: Uuid): Promise<string> {
  const connection = await worker1.connectionOf(uid);
  if (connection === undefined) throw new Error("the visitor has not written");
  return await worker2.pair(connection);
}

function countAcks(frames: readonly Frame[]): number {
  return frames.reduce((count, { acks }) => count + (Array.isArray(acks) ? acks.length : 0), 0);
}

socketTest("WebSocket welcomes a new visitor with a session of 256 bits", async ({ url }) => {
  await using client = await SocketClient.hello(url);
  const { uid, session, now, ...rest } = await client.next();
  equal(typeof uid === "string" && isUuid(uid), true);
  match(String(session), new RegExp(`^${uid}\\.[A-Za-z0-9_-]{43}$`));
  equal(typeof now, "number");
  deepEqual(rest, {
    type: "welcome",
    v: 1,
    rev: 0,
    messages: [],
    more: false,
    reset: false,
    agents: "away",
    limits: { content: 4000, files: 10, fileBytes: 10_485_760 },
  });
});

socketTest(
  "[D1] WebSocket acks a message, tells the visitor's other sockets, and nobody else",
  async ({ url }) => {
    await using first = await SocketClient.hello(url);
    const { session } = await first.next();
    await using second = await SocketClient.hello(url, String(session));
    equal((await second.next()).session, undefined);
    await using stranger = await SocketClient.hello(url);
    await stranger.next();
    first.send({ type: "send", cid: "c1", content: "hello\n" });
    const { acks } = await first.next() as unknown as {
      acks: { cid: string; seq: number; rev: number; at: number }[];
    };
    deepEqual(acks.map(({ cid, seq, rev }) => [cid, seq, rev]), [["c1", 1, 1]]);
    deepEqual(await second.next(), {
      type: "messages",
      rev: 1,
      messages: [{ seq: 1, rev: 1, from: "visitor", content: "hello\n", at: acks[0]?.at }],
    });
    // Whatever the stranger gets, an answer to its own frame comes after it.
    stranger.send({ type: "history", before: 1, limit: 1 });
    equal((await stranger.next()).type, "history");
  },
);

socketTest("[D3] WebSocket gives the same ack for the same cid and stores nothing new", async ({ url }) => {
  await using client = await SocketClient.hello(url);
  await client.next();
  client.send({ type: "send", cid: "c1", content: "hello" });
  const first = await client.next();
  client.send({ type: "edit", seq: 1, content: "changed" });
  await client.nextOf("messages");
  client.send({ type: "send", cid: "c1", content: "hello" });
  deepEqual(await client.next(), first);
  client.send({ type: "history", before: 100, limit: 100 });
  equal((await client.next() as unknown as { messages: unknown[] }).messages.length, 1);
});

socketTest(
  "[S4] WebSocket recognises a session before its visitor has written, and after",
  async ({ url }) => {
    await using first = await SocketClient.hello(url);
    const { uid, session } = await first.next();
    await using second = await SocketClient.hello(url, String(session));
    equal((await second.next()).uid, uid);
    first.send({ type: "send", cid: "a", content: "x" });
    await first.next();
    await using third = await SocketClient.hello(url, String(session));
    const welcome = await third.next();
    deepEqual([welcome.uid, welcome.session, welcome.rev], [uid, undefined, 1]);
  },
);

/** How many rows each table has. */
function countRows(path: string): Readonly<Record<string, number>> {
  using database = new DatabaseSync(path, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  return Object.fromEntries(
    tables.map((
      { name },
    ) => [name, Number(database.prepare(`SELECT count(*) AS n FROM "${name}"`).get()?.n)]),
  );
}

socketTest(
  "WebSocket stores nothing of a visitor who opens the chat, reads, types and comes back, and never writes",
  async ({ url, database }) => {
    const before = countRows(database);
    await using first = await SocketClient.hello(url);
    const { session } = await first.next();
    await using second = await SocketClient.hello(url, String(session));
    await second.next();
    for (
      const frame of [{ type: "typing" }, { type: "read", seq: 1 }, { type: "history", before: 1, limit: 1 }]
    ) {
      first.send(frame);
      second.send(frame);
    }
    await first.nextOf("history");
    await second.nextOf("history");
    deepEqual(countRows(database), before);
    // The first message makes the rows, so they are what was looked for.
    first.send({ type: "send", cid: "a", content: "x" });
    await first.nextOf("acks");
    const { connections, sessions, messages } = countRows(database);
    deepEqual([before.connections, before.sessions, before.messages], [0, 0, 0]);
    deepEqual([connections, sessions, messages], [1, 1, 1]);
  },
);

socketTest("[S5] WebSocket keeps of a session the SHA-256 of its secret only", async ({ url, database }) => {
  await using client = await SocketClient.hello(url);
  const { session } = await client.next();
  client.send({ type: "send", cid: "a", content: "x" });
  await client.nextOf("acks");
  const [, secret = ""] = String(session).split(".");
  const stored = ["", "-wal"].map((suffix) => Deno.readFileSync(`${database}${suffix}`))
    .map((bytes) => new TextDecoder("latin1").decode(bytes)).join();
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  equal(stored.includes(new TextDecoder("latin1").decode(hash)), true);
  equal(stored.includes(secret), false);
});

for (
  const [what, forge] of [
    ["malformed", () => "not a session"],
    ["unknown", () => `${crypto.randomUUID()}.${"A".repeat(43)}`],
    ["with another secret", (session: string) => `${session.slice(0, 37)}${"B".repeat(43)}`],
    ["with another uid", (session: string) => `${crypto.randomUUID()}${session.slice(36)}`],
    ["too long", (session: string) => session + "x".repeat(5_000)],
  ] as const
) {
  socketTest(`[O3] WebSocket answers a session that is ${what} with a new one`, async ({ url }) => {
    await using owner = await SocketClient.hello(url);
    const { uid, session } = await owner.next();
    owner.send({ type: "send", cid: "a", content: "secret" });
    await owner.next();
    await using other = await SocketClient.hello(url, forge(String(session)));
    const welcome = await other.next();
    notEqual(welcome.uid, uid);
    equal(typeof welcome.session, "string");
    deepEqual(welcome.messages, []);
  });
}

socketTest("WebSocket catches up on messages, edits and deletions after a rev", async ({ url, chatBox }) => {
  await using client = await SocketClient.hello(url);
  const { session, uid } = await client.next();
  for (const cid of ["a", "b", "c"]) client.send({ type: "send", cid, content: cid });
  await client.nextOf("acks");
  await chatBox.worker2.getMessageSender(await threadOf(chatBox, uid as Uuid))({
    content: "hi",
    author: { name: "Ada" },
  });
  client.send({ type: "edit", seq: 1, content: "A" });
  client.send({ type: "delete", seq: 2 });
  await client.frames.until("the deletion", (frames) => JSON.stringify(frames).includes(`"deleted":true`));
  await using again = await SocketClient.hello(url, String(session), 3);
  const welcome = await again.next() as unknown as {
    messages: Record<string, unknown>[];
    rev: number;
    reset: boolean;
  };
  deepEqual(
    welcome.messages.map(({ seq, rev, from, content, deleted, author }) => ({
      seq,
      rev,
      from,
      content,
      deleted,
      author,
    })),
    [
      { seq: 1, rev: 5, from: "visitor", content: "A", deleted: undefined, author: undefined },
      { seq: 2, rev: 6, from: "visitor", content: "", deleted: true, author: undefined },
      { seq: 4, rev: 4, from: "agent", content: "hi", deleted: undefined, author: { name: "Ada" } },
    ],
  );
  deepEqual([welcome.rev, welcome.reset], [6, false]);
});

socketTest("WebSocket starts over with the latest 50 when more than 200 changed", async ({ url }) => {
  await using client = await SocketClient.hello(url);
  const { session } = await client.next();
  for (let i = 1; i <= 203; i++) client.send({ type: "send", cid: `c${i}`, content: `${i}` });
  await client.frames.until("all acks", (frames) => countAcks(frames) === 203);
  const welcome = async (after: number): Promise<unknown> => {
    await using again = await SocketClient.hello(url, String(session), after);
    const { messages, more, reset } = await again.next() as unknown as {
      messages: { seq: number }[];
      more: boolean;
      reset: boolean;
    };
    return [messages.length, messages[0]?.seq, more, reset];
  };
  deepEqual(await welcome(2), [50, 154, true, true]);
  deepEqual(await welcome(3), [200, 4, true, false]);
  deepEqual(await welcome(0), [50, 154, true, false]);
  deepEqual(await welcome(9_999), [50, 154, true, true]);
});

socketTest("WebSocket pages back through history", async ({ url }) => {
  await using client = await SocketClient.hello(url);
  await client.next();
  for (const cid of ["a", "b", "c"]) client.send({ type: "send", cid, content: cid });
  await client.frames.until("all acks", (frames) => countAcks(frames) === 3);
  client.send({ type: "history", before: 3, limit: 1 });
  const { messages, more } = await client.nextOf("history") as unknown as {
    messages: { seq: number }[];
    more: boolean;
  };
  deepEqual([messages.map(({ seq }) => seq), more], [[2], true]);
});

socketTest("WebSocket tells typing, delivered and presence", async ({ url, chatBox, presence }) => {
  await using client = await SocketClient.hello(url);
  const { uid } = await client.next();
  chatBox.worker2.setReceivedMessageCallback(() => undefined);
  client.send({ type: "send", cid: "a", content: "x" });
  deepEqual(await client.nextOf("delivered"), { type: "delivered", seq: 1 });
  const thread = `thread of ${uid}`;
  await chatBox.worker2.typing(thread, "Ada");
  deepEqual(await client.next(), { type: "typing", name: "Ada" });
  await chatBox.worker2.markRead(thread, 1);
  deepEqual(await client.next(), { type: "read", seq: 1 });
  presence.touch();
  deepEqual(await client.next(), { type: "presence", agents: "online" });
});

socketTest("[O3] WebSocket lets a visitor change their own messages only", async ({ url, chatBox }) => {
  await using client = await SocketClient.hello(url);
  const { uid } = await client.next();
  client.send({ type: "send", cid: "a", content: "x" });
  await client.next();
  await chatBox.worker2.getMessageSender(await threadOf(chatBox, uid as Uuid))("staff's");
  await client.nextOf("messages");
  for (const frame of [{ type: "edit", seq: 2, content: "mine" }, { type: "delete", seq: 2 }]) {
    client.send(frame);
    const { type, code, seq, message } = await client.next();
    deepEqual([type, code, seq], ["error", "forbidden", 2]);
    equal(message, `Cannot ${frame.type} message 2: only who sent it may`);
  }
});

socketTest(
  "WebSocket tells a new socket how far the visitor has read, here or elsewhere",
  async ({ url, chatBox }) => {
    await using client = await SocketClient.hello(url);
    const { session, uid, seen } = await client.next();
    equal(seen, undefined);
    client.send({ type: "send", cid: "a", content: "x" });
    await client.next();
    await chatBox.worker2.getMessageSender(await threadOf(chatBox, uid as Uuid))("staff's");
    await client.nextOf("messages");
    client.send({ type: "read", seq: 2 });
    client.send({ type: "history", before: 1, limit: 1 });
    await client.nextOf("history");
    await using elsewhere = await SocketClient.hello(url, String(session));
    equal((await elsewhere.next()).seen, 2);
  },
);

socketTest(
  "[O4] WebSocket sends no more history in a frame than a socket may have unsent",
  async ({ url }) => {
    await using client = await SocketClient.hello(url);
    const { session } = await client.next();
    for (let i = 0; i < 60; i++) client.send({ type: "send", cid: `c${i}`, content: "\u0001".repeat(4_000) });
    await client.frames.until("all acks", (frames) => countAcks(frames) === 60);
    await using again = await SocketClient.hello(url, String(session), 1);
    const { messages, more, reset } = await again.next() as unknown as {
      messages: { seq: number }[];
      more: boolean;
      reset: boolean;
    };
    deepEqual([messages[0]?.seq, messages.at(-1)?.seq, more, reset], [26, 60, true, true]);
    again.send({ type: "history", before: 26, limit: 100 });
    const page = await again.nextOf("history") as unknown as { messages: { seq: number }[]; more: boolean };
    deepEqual([page.messages[0]?.seq, page.messages.at(-1)?.seq, page.more], [1, 25, false]);
  },
);

socketTest(
  "[D3] WebSocket acks what was known and what is new in the order in which they were sent",
  async ({ url }) => {
    await using client = await SocketClient.hello(url);
    await client.next();
    client.send({ type: "send", cid: "known", content: "x" });
    await client.next();
    for (let i = 0; i < 20; i++) {
      client.send({ type: "send", cid: "known", content: "x" });
      client.send({ type: "send", cid: `new${i}`, content: "x" });
    }
    const cids = (await client.frames.until("all acks", (frames) => countAcks(frames) === 41))
      .flatMap(({ acks }) => Array.isArray(acks) ? acks.map(({ cid }) => cid) : []);
    deepEqual(cids.slice(1), Array.from({ length: 20 }, (_, i) => ["known", `new${i}`]).flat());
  },
);
