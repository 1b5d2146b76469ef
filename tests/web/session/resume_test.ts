import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import type { Uuid } from "../../../src/core/mod.ts";
import { type Frame, SocketClient } from "../../support/socket_client.ts";
import { socketTest } from "../server_test_case.ts";

/** A fixed seed: every run is the same; change it to look elsewhere. */
const SEED = 50;
const STEPS = 400;

interface Shown {
  readonly seq: number;
  readonly rev: number;
  readonly content: string;
}

/** What a browser keeps: messages by `seq`, and the highest `rev` as its cursor. */
class Reader {
  readonly messages = new Map<number, Shown>();
  cursor = 0;
  resets = 0;

  take(frame: Frame): void {
    if (frame.type !== "welcome" && frame.type !== "messages") return;
    const { messages, rev, reset } = frame as unknown as { messages: Shown[]; rev: number; reset?: boolean };
    if (reset === true) {
      this.messages.clear();
      this.resets++;
    }
    for (const message of messages) {
      ok(
        message.rev > (this.messages.get(message.seq)?.rev ?? 0),
        "nothing comes twice, and nothing older later",
      );
      this.messages.set(message.seq, message);
    }
    this.cursor = Math.max(this.cursor, rev);
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("send", "staff"), at: fc.constant(0) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom("edit", "delete", "staffEdit"), at: fc.nat(120) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("leave", "arrive"), at: fc.constant(0) }) },
);

socketTest(
  "[O1] WebSocket catches a tab that comes and goes up with everything that changed, once and in its last state",
  async ({ url, chatBox }) => {
    await using writer = await SocketClient.hello(url);
    const { session, uid } = await writer.next();
    writer.send({ type: "send", cid: "first", content: "first" });
    await writer.nextOf("acks");
    const connection = chatBox.connection(uid as Uuid);
    const thread = await chatBox.worker2.pair(connection);
    const say = chatBox.worker2.getMessageSender(thread);
    /** Waits until the server has done what the writer asked for. */
    const settle = async (): Promise<void> => {
      writer.send({ type: "history", before: 1, limit: 1 });
      await writer.nextOf("history");
    };
    const reader = new Reader();
    let tab: SocketClient | undefined;
    let visits = 0;
    const leave = async (): Promise<void> => {
      if (tab === undefined) return;
      // What was told before the answer has been told; the rest is for the next time.
      tab.send({ type: "history", before: 1, limit: 1 });
      await tab.frames.until("the last answer", (frames) => frames.some(({ type }) => type === "history"));
      for (const frame of tab.frames.items) reader.take(frame);
      await tab[Symbol.asyncDispose]();
      tab = undefined;
    };
    for (const [index, { do: what, at }] of fc.sample(step, { numRuns: STEPS, seed: SEED }).entries()) {
      const text = `${what} ${index}`;
      if (what === "send") writer.send({ type: "send", cid: `c${index}`, content: text });
      else if (what === "staff") await say(text);
      else if (what === "edit") writer.send({ type: "edit", seq: at + 1, content: text });
      else if (what === "delete") writer.send({ type: "delete", seq: at + 1 });
      else if (what === "staffEdit") await chatBox.worker2.edit(thread, at + 1, text).catch(() => undefined);
      else if (what === "leave") await leave();
      else if (tab === undefined) {
        await settle();
        tab = await SocketClient.hello(url, String(session), reader.cursor);
        visits++;
      }
    }
    await settle();
    await leave();
    tab = await SocketClient.hello(url, String(session), reader.cursor);
    await leave();
    const { messages, rev } = await connection.messages({ limit: 1_000 });
    equal(reader.cursor, rev);
    const told = [...reader.messages.values()].sort((a, b) => a.seq - b.seq);
    const kept = messages.filter(({ seq }) => seq >= (told[0]?.seq ?? 0));
    deepEqual(told.map(({ seq, content }) => [seq, content]), kept.map(({ seq, content }) => [seq, content]));
    ok(messages.length > 100 && visits > 10 && reader.resets <= 1);
  },
);

for (const isIn of [true, false]) {
  socketTest(
    `[O1] WebSocket tells what is stored during a welcome ${isIn ? "in it" : "after it"}, and only there`,
    async ({ url, chatBox, storage: { store } }) => {
      await using writer = await SocketClient.hello(url);
      const { session, uid } = await writer.next();
      writer.send({ type: "send", cid: "a", content: "before" });
      await writer.nextOf("acks");
      const thread = await chatBox.worker2.pair(chatBox.connection(uid as Uuid));
      const asked = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const original = store.messagesAfter.bind(store);
      store.messagesAfter = async (...where) => {
        const early = await original(...where);
        asked.resolve();
        await goOn.promise;
        return isIn ? await original(...where) : early;
      };
      await using tab = await SocketClient.hello(url, String(session), 1);
      await asked.promise;
      await chatBox.worker2.getMessageSender(thread)("meanwhile");
      await writer.nextOf("messages");
      goOn.resolve();
      const welcome = await tab.next();
      equal(welcome.type, "welcome");
      tab.send({ type: "history", before: 1, limit: 1 });
      await tab.nextOf("history");
      const told = tab.frames.items.map(({ type, messages = [] }) =>
        [type, (messages as { content: string }[]).map(({ content }) => content)] as const
      ).filter(([, contents]) => contents.length > 0);
      deepEqual(told, [[isIn ? "welcome" : "messages", ["meanwhile"]]]);
    },
  );
}
