import { deepEqual, equal, notEqual } from "node:assert/strict";
import { ChatBoxError, type ChatBoxErrorCode, type Uuid } from "../../../src/core/mod.ts";
import { RateLimited } from "../../../src/web/limits/rate_limited.ts";
import { Refusal, refusalOf } from "../../../src/web/refusal.ts";
import { SocketClient } from "../../support/socket_client.ts";
import { socketTest } from "../server_test_case.ts";

const UID = "0b6f8b4e-6a52-4a0e-8f7b-6e1f0a4d9c11";

for (
  const [from, to, words] of [
    ["not_found", "not_found", "it is not there, or not any more"],
    ["forbidden", "forbidden", "only who sent it may"],
    ["blocked", "blocked", "this conversation is blocked"],
    ["overloaded", "overloaded", "the server cannot do it now, try again later"],
    ["closed", "overloaded", "the server cannot do it now, try again later"],
    ["conflict", "internal", "the server has a problem"],
    ["bad_id", "internal", "the server has a problem"],
    ["create_failed", "internal", "the server has a problem"],
  ] as const satisfies readonly (readonly [ChatBoxErrorCode, string, string])[]
) {
  Deno.test(`[S5] refusalOf tells a visitor of ${from} as ${to}, and nothing of what is inside`, () => {
    const error = new ChatBoxError(from, `Cannot find connection ${UID}: no such uid in /var/lib/chat.db`);
    const { code, message } = refusalOf(error, "send");
    deepEqual([code, message], [to, `Cannot send: ${words}`]);
  });
}

Deno.test("refusalOf calls whatever else goes wrong internal, and leaves words for visitors as they are", () => {
  for (const error of [new TypeError(`x is not a function in ${UID}`), "text", undefined]) {
    deepEqual(refusalOf(error, "edit message 3").message, "Cannot edit message 3: the server has a problem");
    equal(refusalOf(error, "send").code, "internal");
  }
  for (const refusal of [new Refusal("blocked", "Cannot send: no"), new RateLimited("send", 1)]) {
    equal(refusalOf(refusal, "edit"), refusal);
  }
});

socketTest(
  "WebSocket refuses the answer to a message that was never there, and takes one to every other",
  async ({ url, chatBox }) => {
    await using client = await SocketClient.hello(url);
    const { session, uid } = await client.next();
    const send = (cid: string, replyTo?: number): void =>
      client.send({ type: "send", cid, content: cid, replyTo });
    send("early", 1);
    const { code, cid, message } = await client.next();
    deepEqual([code, cid, message], ["not_found", "early", "Cannot send: there is no message 1 to answer"]);
    equal(await chatBox.worker1.connectionOf(uid as Uuid), undefined);
    send("first");
    await client.nextOf("acks");
    // It would be message 2 itself.
    for (const beyond of [2, 3, 2 ** 53 - 1]) {
      send("beyond", beyond);
      const { code, cid } = await client.next();
      deepEqual([code, cid], ["not_found", "beyond"]);
    }
    send("answer", 1);
    await client.nextOf("acks");
    // Whoever answered a message that is deleted meanwhile has not written for nothing.
    client.send({ type: "delete", seq: 1 });
    await client.nextOf("messages");
    send("late", 1);
    await client.nextOf("acks");
    await using again = await SocketClient.hello(url, String(session));
    const { messages } = await again.next() as unknown as {
      messages: { content: string; replyTo?: number }[];
    };
    deepEqual(messages.map(({ content, replyTo }) => [content, replyTo]), [
      ["", undefined],
      ["answer", 1],
      ["late", 1],
    ]);
  },
);

socketTest(
  "WebSocket does for a tab that was there before the conversation what it does for the one that began it",
  async ({ url, chatBox }) => {
    await using first = await SocketClient.hello(url);
    const { session, uid } = await first.next();
    await using second = await SocketClient.hello(url, String(session));
    await second.next();
    first.send({ type: "send", cid: "a", content: "x" });
    await first.nextOf("acks");
    await second.nextOf("messages");
    const connection = chatBox.connection(uid as Uuid);
    await chatBox.worker2.getMessageSender(await chatBox.worker2.pair(connection))("staff's");
    await second.nextOf("messages");
    second.send({ type: "history", before: 3, limit: 100 });
    const { messages } = await second.nextOf("history") as unknown as { messages: unknown[] };
    equal(messages.length, 2);
    notEqual((await connection.watermarks(1)).read, 2);
    second.send({ type: "read", seq: 2 });
    second.send({ type: "history", before: 1, limit: 1 });
    await second.nextOf("history");
    equal((await connection.watermarks(1)).read, 2);
  },
);
