import { deepEqual, equal, ok } from "node:assert/strict";
import { FrameWriter } from "../../../src/web/session/frame_writer.ts";
import type { Message } from "../../../src/web/protocol.ts";
import type { SocketPort } from "../../../src/web/session/socket_port.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { SocketClient } from "../../support/socket_client.ts";
import { Log } from "../../support/log.ts";
import type { Uuid } from "../../../src/core/mod.ts";
import { within } from "../../support/until.ts";
import { socketTest } from "../server_test_case.ts";

/** A socket whose reader is in the test's hands. */
class FakeSocket implements SocketPort {
  isOpen = true;
  bufferedAmount = 0;
  readonly frames: Record<string, unknown>[] = [];
  closed: number | undefined;

  send(text: string): void {
    this.frames.push(JSON.parse(text));
  }

  close(code: number): void {
    this.isOpen = false;
    this.closed = code;
  }

  get types(): unknown[] {
    return this.frames.map(({ type }) => type);
  }
}

function setUp(): { readonly socket: FakeSocket; readonly clock: FakeClock; readonly writer: FrameWriter } {
  const socket = new FakeSocket();
  const clock = new FakeClock();
  return { socket, clock, writer: new FrameWriter(socket, clock, () => socket.close(1013)) };
}

const ack = (seq: number) => ({ cid: `c${seq}`, seq, rev: seq, at: 0 });
const message = (seq: number, rev = seq, content = "x"): Message => ({
  seq,
  rev,
  from: "agent",
  content,
  at: 0,
});
/** All microtasks that are waiting now. */
const turn = (): Promise<void> => new Promise((resolve) => queueMicrotask(() => queueMicrotask(resolve)));

const BUSY = 64 * 1024 + 1;
const MIB = 1024 * 1024;

Deno.test("FrameWriter puts what comes together into one frame of its kind, in the order of the revs", async () => {
  const { socket, writer } = setUp();
  [1, 2].forEach((seq) => writer.ack(ack(seq)));
  [3, 4].forEach((seq) => writer.message(message(seq)));
  writer.ack(ack(5));
  equal(socket.frames.length, 0);
  await turn();
  deepEqual(socket.frames, [
    { type: "acks", acks: [ack(1), ack(2)] },
    { type: "messages", messages: [message(3), message(4)], rev: 4 },
    { type: "acks", acks: [ack(5)] },
  ]);
});

Deno.test("FrameWriter moves a message that changes again to its new place", async () => {
  const { socket, writer } = setUp();
  for (const [seq, rev] of [[1, 1], [2, 2], [1, 3]] as const) writer.message(message(seq, rev));
  await turn();
  deepEqual(socket.frames, [{ type: "messages", messages: [message(2, 2), message(1, 3)], rev: 3 }]);
});

Deno.test("FrameWriter sends another frame after what came before it, at once", () => {
  const { socket, writer } = setUp();
  writer.ack(ack(1));
  writer.frame({ type: "delivered", seq: 1 });
  deepEqual(socket.types, ["acks", "delivered"]);
});

Deno.test("FrameWriter gathers while the socket is busy, each message in its last state, and forgets typing", async () => {
  const { socket, clock, writer } = setUp();
  socket.bufferedAmount = BUSY;
  for (let rev = 1; rev <= 100; rev++) {
    writer.message(message(rev % 10, rev, `${rev}`));
    await turn();
  }
  writer.frame({ type: "typing", name: "Ada" });
  writer.frame({ type: "read", seq: 1 });
  clock.advance(1_000);
  equal(socket.frames.length, 0);
  socket.bufferedAmount = 0;
  clock.advance(25);
  deepEqual(socket.types, ["messages", "read"]);
  const [{ messages, rev } = {}] = socket.frames;
  deepEqual((messages as Message[]).map((each) => each.rev), [91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
  equal(rev, 100);
  equal(clock.waiting, 0);
});

Deno.test("[O4] FrameWriter closes with 1013 when more than 1 MiB is unsent, and holds nothing more", async () => {
  const { socket, clock, writer } = setUp();
  socket.bufferedAmount = BUSY;
  for (let seq = 1; socket.isOpen; seq++) {
    ok(seq < 1_000);
    writer.message(message(seq, seq, "x".repeat(4_000)));
    await turn();
  }
  equal(socket.closed, 1013);
  socket.bufferedAmount = 0;
  clock.advance(1_000);
  equal(socket.frames.length, 0);
  equal(clock.waiting, 0);
});

Deno.test("[O4] FrameWriter closes with 1013 when the socket itself has more than 1 MiB unsent", () => {
  const { socket, writer } = setUp();
  socket.bufferedAmount = MIB + 1;
  writer.frame({ type: "presence", agents: "online" });
  equal(socket.closed, 1013);
});

Deno.test("FrameWriter sends a burst of many acks to a socket that reads well", async () => {
  const { socket, writer } = setUp();
  for (let seq = 1; seq <= 20_000; seq++) writer.ack(ack(seq));
  await turn();
  equal(socket.isOpen, true);
  equal(socket.frames.flatMap(({ acks }) => acks as unknown[]).length, 20_000);
});

/** A client that completes the handshake, says hello, and then reads nothing. */
async function stopReading(url: string, session: string): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const head = [
    "GET /ws HTTP/1.1",
    `Host: ${hostname}:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ].join("\r\n") + "\r\n\r\n";
  await connection.write(new TextEncoder().encode(head));
  const hello = new TextEncoder().encode(
    JSON.stringify({ type: "hello", v: 1, session, after: 0, locale: "en", pad: "x".repeat(100) }),
  );
  // RFC 6455 section 5.2: a masked text frame of 126 to 65,535 bytes; a mask of zeros changes nothing.
  ok(hello.length > 125);
  await connection.write(
    new Uint8Array([0x81, 0xfe, hello.length >> 8, hello.length & 255, 0, 0, 0, 0, ...hello]),
  );
  // The answer to the handshake and the beginning of the welcome.
  await connection.read(new Uint8Array(4_096));
  return connection;
}

/** Reads all that there is, to the close frame at the end: RFC 6455 section 5.5.1. */
async function closeCode(connection: Deno.TcpConn): Promise<number> {
  const chunk = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await within("the close frame", connection.read(chunk));
    if (count === null) throw new Error("the connection has ended without a word");
    const at = chunk.subarray(0, count).findLastIndex((byte) => byte === 0x88);
    const reason = new TextDecoder("latin1").decode(chunk.subarray(at + 4, count));
    if (at >= 0 && reason === "reading too slowly") return (chunk[at + 2] ?? 0) * 256 + (chunk[at + 3] ?? 0);
  }
}

const log = new Log();

socketTest(
  "[O4] WebSocket that does not read is given up, others go on, and it catches up by its cursor",
  async (server) => {
    const { url, chatBox, web } = server;
    await using reader = await SocketClient.hello(url);
    const { session, uid } = await reader.next();
    reader.send({ type: "send", cid: "a", content: "x" });
    await reader.nextOf("acks");
    using silent = await stopReading(url, String(session));
    equal(web.sockets, 2);
    const connection = await chatBox.worker1.connectionOf(uid as Uuid);
    if (connection === undefined) throw new Error("there is no conversation");
    const send = chatBox.worker2.getMessageSender(await chatBox.worker2.pair(connection));
    let count = 0;
    while (log.lines.length === 0) {
      ok(++count < 5_000, "the silent socket is still served");
      await send("😀".repeat(4_000));
    }
    deepEqual(log.lines, [{
      level: "info",
      message: "Closed a socket that reads too slowly",
      fields: { uid },
    }]);
    await reader.frames.until("the last message", (frames) => frames.some(({ rev }) => rev === count + 1));
    equal(await closeCode(silent), 1013);
    await using again = await SocketClient.hello(url, String(session), 1);
    equal((await again.next()).rev, count + 1);
  },
  { logger: log },
);

Deno.test("[O4, S4] FrameWriter counts what pages of history weigh that a busy socket makes wait", () => {
  const { socket, writer } = setUp();
  socket.bufferedAmount = BUSY;
  const page = { type: "history", messages: [message(1, 1, "x".repeat(MIB / 4))], more: false } as const;
  for (let i = 0; i < 3; i++) writer.frame(page);
  equal(socket.closed, undefined);
  writer.frame(page);
  equal(socket.closed, 1013);
});
