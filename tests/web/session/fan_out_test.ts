import { equal, ok } from "node:assert/strict";
import type { Uuid } from "../../../src/core/mod.ts";
import { SocketClient } from "../../support/socket_client.ts";
import { socketTest } from "../server_test_case.ts";

const STRANGERS = 150;

/** Notes every WebSocket of this process that is looked at or written to, until it is disposed of; the server's are among them. */
class Touches implements Disposable {
  readonly sockets = new Set<unknown>();
  readonly #restore: (() => void)[] = [];

  constructor() {
    const { sockets } = this;
    for (const name of ["readyState", "bufferedAmount", "send"] as const) {
      const original = Object.getOwnPropertyDescriptor(WebSocket.prototype, name);
      if (original === undefined) throw new Error(`there is no WebSocket.${name}`);
      const { get, value } = original;
      Object.defineProperty(WebSocket.prototype, name, {
        configurable: true,
        get(this: WebSocket): unknown {
          sockets.add(this);
          return get === undefined ? value : get.call(this);
        },
      });
      this.#restore.push(() => Object.defineProperty(WebSocket.prototype, name, original));
    }
  }

  [Symbol.dispose](): void {
    for (const restore of this.#restore) restore();
  }
}

socketTest(
  "[O2, O3] WebSocket touches the visitor's own sockets for a message, however many others there are",
  async ({ url, chatBox, web }) => {
    await using first = await SocketClient.hello(url);
    const { session, uid } = await first.next();
    await using second = await SocketClient.hello(url, String(session));
    await second.next();
    await using everyone = new AsyncDisposableStack();
    for (let i = 0; i < STRANGERS; i++) {
      const stranger = everyone.use(await SocketClient.hello(url));
      await stranger.next();
    }
    first.send({ type: "send", cid: "a", content: "x" });
    await first.nextOf("acks");
    await second.nextOf("messages");
    const thread = await chatBox.worker2.pair(chatBox.connection(uid as Uuid));
    equal(web.sockets, STRANGERS + 2);
    using touches = new Touches();
    await chatBox.worker2.getMessageSender(thread)("from the staff");
    await chatBox.worker2.typing(thread, "Ada");
    await chatBox.worker2.markRead(thread, 1);
    for (const client of [first, second]) await client.nextOf("read");
    equal(touches.sockets.size, 2);
  },
);

socketTest("WebSocket puts the acks of what came together into few frames", async ({ url }) => {
  await using client = await SocketClient.hello(url);
  await client.next();
  const count = 1_000;
  for (let i = 0; i < count; i++) client.send({ type: "send", cid: `c${i}`, content: "x" });
  const cids: string[] = [];
  let frames = 0;
  while (cids.length < count) {
    const { acks } = await client.nextOf("acks") as unknown as { acks: { cid: string }[] };
    cids.push(...acks.map(({ cid }) => cid));
    frames++;
  }
  equal(new Set(cids).size, count);
  ok(frames < count / 4, `${frames} frames for ${count} acks`);
});

socketTest(
  "[O3] WebSocket tells the visitor's other sockets how far they have read, and nobody else",
  async ({ url, chatBox }) => {
    await using phone = await SocketClient.hello(url);
    const { session, uid } = await phone.next();
    phone.send({ type: "send", cid: "a", content: "x" });
    await phone.nextOf("acks");
    await using desk = await SocketClient.hello(url, String(session));
    await desk.next();
    await using stranger = await SocketClient.hello(url);
    await stranger.next();
    const thread = await chatBox.worker2.pair(chatBox.connection(uid as Uuid));
    const say = chatBox.worker2.getMessageSender(thread);
    await say("one");
    await say("two");
    phone.send({ type: "read", seq: 2 });
    equal((await desk.nextOf("seen")).seq, 2);
    desk.send({ type: "read", seq: 3 });
    equal((await phone.nextOf("seen")).seq, 3);
    // Whatever else was on its way has come before the answer to a question.
    for (const [socket, times] of [[phone, 1], [desk, 1], [stranger, 0]] as const) {
      socket.send({ type: "history", before: 1, limit: 1 });
      await socket.nextOf("history");
      equal(socket.frames.items.filter(({ type }) => type === "seen").length, times);
    }
  },
);
