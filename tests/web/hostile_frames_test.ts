import { deepEqual, equal, match } from "node:assert/strict";
import fc from "fast-check";
import type { Uuid } from "../../src/core/mod.ts";
import { type Frame, SocketClient } from "../support/socket_client.ts";
import { NASTY_TEXTS } from "../support/nasty_texts.ts";
import { socketTest } from "./server_test_case.ts";

const CODES: ReadonlySet<unknown> = new Set([
  "bad_frame",
  "content_empty",
  "content_too_long",
  "not_found",
  "forbidden",
]);

/** Fields of the protocol with values that are nearly right, and right ones with values of any kind. */
const hostileFrame = fc.oneof(
  fc.record({
    type: fc.constantFrom(
      "send",
      "edit",
      "delete",
      "typing",
      "read",
      "history",
      "hello",
      "welcome",
      "__proto__",
      "",
    ),
    cid: fc.oneof(fc.constantFrom("a", "b", "", "a b", "x".repeat(65)), fc.anything()),
    content: fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...NASTY_TEXTS), fc.anything()),
    seq: fc.oneof(fc.integer(), fc.constantFrom(1, 0, -1, 1.5, 2 ** 53, 1e300, NaN), fc.anything()),
    before: fc.oneof(fc.integer(), fc.anything()),
    limit: fc.oneof(fc.integer(), fc.anything()),
    replyTo: fc.oneof(fc.integer(), fc.anything()),
    files: fc.oneof(fc.array(fc.string()), fc.anything()),
  }, { requiredKeys: ["type"] }).map((frame) => JSON.stringify(frame)),
  fc.json(),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    "{",
    "null",
    "[]",
    "{}",
    '{"type":"send"',
    `{"a":${"[".repeat(20_000)}`,
    `"${"x".repeat(65_534)}`,
  ),
);

socketTest(
  "[S3] WebSocket answers every hostile frame with a named error or what was asked, and serves others as before",
  async ({ url, chatBox }) => {
    await using bystander = await SocketClient.hello(url);
    await bystander.next();
    await fc.assert(
      fc.asyncProperty(fc.array(hostileFrame, { minLength: 1, maxLength: 9 }), async (frames) => {
        await using client = await SocketClient.hello(url);
        const welcome = await client.next();
        for (const frame of frames) client.send(frame);
        client.send({ type: "history", before: 2 ** 53 - 1, limit: 100 });
        const isLast = (frame: Frame): boolean => frame.type === "history";
        await client.frames.until(
          "the last answer",
          (all) => all.filter(isLast).length > frames.filter(isHistory).length,
        );
        for (const { type, code, message } of client.frames.items.slice(1)) {
          match(String(type), /^(?:acks|messages|history|error)$/);
          if (type !== "error") continue;
          equal(CODES.has(code), true, String(code));
          match(String(message), /^Cannot [^]{3,300}$/);
          equal(String(message).includes(String(welcome.uid)), false);
          equal(String(message).isWellFormed(), true);
        }
        const exists = await chatBox.worker1.connectionOf(welcome.uid as Uuid) !== undefined;
        equal(exists, client.frames.items.some(({ type }) => type === "acks"));
      }),
      { numRuns: 150, endOnFailure: true },
    );
    bystander.send({ type: "history", before: 1, limit: 1 });
    equal((await bystander.next()).type, "history");
    equal(bystander.frames.items.length, 2);
  },
);

/** Whether a frame is a valid request for history, which is answered as such. */
function isHistory(text: string): boolean {
  try {
    const { type, before, limit } = JSON.parse(text);
    return type === "history" && Number.isSafeInteger(before) && before >= 1 && Number.isInteger(limit) &&
      limit >= 1 &&
      limit <= 100;
  } catch {
    return false;
  }
}

socketTest(
  "[S3] WebSocket carries nasty text to the other side, to other tabs and back unchanged, or names an error",
  async ({ url, chatBox }) => {
    await using client = await SocketClient.hello(url);
    const { session, uid } = await client.next();
    await using tab = await SocketClient.hello(url, String(session));
    await tab.next();
    const sent: string[] = [];
    for (const [index, content] of NASTY_TEXTS.entries()) {
      client.send({ type: "send", cid: `n${index}`, content });
      const answer = await client.next();
      if (answer.type === "acks") sent.push(content);
      else match(String(answer.code), /^(?:bad_frame|content_empty|content_too_long)$/);
    }
    // What is no Unicode, nothing or too much is refused; everything else is carried.
    const refused = NASTY_TEXTS.filter((text) =>
      !text.isWellFormed() || text.replace(/[\r\n]/g, "") === "" || [...text].length > 4_000
    );
    equal(sent.length, NASTY_TEXTS.length - refused.length);
    const told = (await tab.frames.until(
      "all messages",
      (frames) => frames.filter(({ type }) => type === "messages").length === sent.length,
    ))
      .flatMap(({ type, messages }) => type === "messages" ? messages as { content: string }[] : []);
    deepEqual(told.map(({ content }) => content), sent);
    const stored = await chatBox.connection(uid as Uuid).messages({ limit: 1_000 });
    deepEqual(stored.messages.map(({ content }) => content), sent);
    await using again = await SocketClient.hello(url, String(session));
    deepEqual((await again.next()).messages, told.slice(-50));
  },
);

socketTest(
  "[S3] WebSocket carries any text that staff write to the visitor unchanged",
  async ({ url, chatBox }) => {
    await using client = await SocketClient.hello(url);
    const { uid } = await client.next();
    client.send({ type: "send", cid: "a", content: "x" });
    await client.nextOf("acks");
    const connection = chatBox.connection(uid as Uuid);
    const send = chatBox.worker2.getMessageSender(await chatBox.worker2.pair(connection));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...NASTY_TEXTS)),
        async (content) => {
          const { seq } = await send({ content, author: { name: content } });
          const { messages } = await client.nextOf("messages");
          const [message] = messages as { seq: number; content: string; author: { name: string } }[];
          deepEqual([message?.seq, message?.content, message?.author.name], [seq, content, content]);
        },
      ),
      { numRuns: 100 },
    );
  },
);
