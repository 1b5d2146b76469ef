import { deepEqual, equal, match, ok } from "node:assert/strict";
import { NO_LIMITS } from "../../../src/web/limits/visitor_limits.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { SocketClient } from "../../support/socket_client.ts";
import { socketTest } from "../server_test_case.ts";
import { NO_WEB_METRICS } from "../../../src/web/metrics.ts";
import { RawVisitor } from "../../hostile/raw_visitor.ts";
import { startServer } from "../web_server.ts";
import { Log } from "../../support/log.ts";

const clock = new FakeClock();

const HANDSHAKE = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

socketTest(
  "WebSocket refuses a message too many with its cid and when to try again, and takes it then",
  async ({ url }) => {
    await using client = await SocketClient.hello(url);
    await client.next();
    for (const cid of ["a", "b"]) client.send({ type: "send", cid, content: "x" });
    const { type, code, cid, retryAfterMs, message } = await client.nextOf("error");
    deepEqual([type, code, cid, retryAfterMs], ["error", "rate_limited", "b", 60_000]);
    match(String(message), /^Cannot send: .*60 s$/);
    client.send({ type: "edit", seq: 1, content: "y" });
    const edit = await client.nextOf("error");
    deepEqual([edit.code, edit.cid, edit.seq, edit.retryAfterMs], ["rate_limited", undefined, 1, 60_000]);
    clock.advance(60_000);
    client.send({ type: "send", cid: "b", content: "x" });
    deepEqual((await client.nextOf("acks")).acks, [{ cid: "b", seq: 2, rev: 2, at: clock.now() }]);
  },
  { clock, limits: { ...NO_LIMITS, messages: 1 } },
);

socketTest(
  "[O1] WebSocket lets no message pass one that was refused before it",
  async ({ url }) => {
    await using client = await SocketClient.hello(url);
    await client.next();
    const send = (cid: string): void => client.send({ type: "send", cid, content: "x" });
    for (let count = 1; count <= 60; count++) send(`m${count}`);
    for (const [cid, afterMs] of [["first", 0], ["behind", 999], ["last", 1]] as const) {
      clock.advance(afterMs);
      send(cid);
      const { code, cid: answered, retryAfterMs } = await client.nextOf("error");
      deepEqual([code, answered, Number(retryAfterMs) <= 1_000], ["rate_limited", cid, true]);
    }
    clock.advance(1_000);
    send("first");
    const isAcked = ({ type, acks }: Record<string, unknown>): boolean =>
      type === "acks" && JSON.stringify(acks).includes('"first"');
    await client.frames.until("the first to be acked", (frames) => frames.some(isAcked));
  },
  { clock, limits: { ...NO_LIMITS, messages: 60 } },
);

socketTest(
  "WebSocket refuses a conversation too many from an address with the cid of its first message",
  async ({ url }) => {
    for (const isAllowed of [true, false]) {
      await using client = await SocketClient.hello(url);
      await client.next();
      client.send({ type: "send", cid: "a", content: "x" });
      const { type, code, cid, retryAfterMs } = await client.next();
      if (isAllowed) equal(type, "acks");
      else deepEqual([code, cid, retryAfterMs], ["rate_limited", "a", 3_600_000]);
    }
  },
  { clock: new FakeClock(), limits: { ...NO_LIMITS, sessions: 1 } },
);

socketTest(
  "WebSocket opens the chat when a conversation would be one too many, and refuses the first message",
  async ({ url }) => {
    await using first = await SocketClient.hello(url);
    await first.next();
    await using second = await SocketClient.hello(url);
    equal((await second.next()).type, "welcome");
    second.send({ type: "send", cid: "a", content: "x" });
    equal((await second.next()).code, "rate_limited");
  },
  { clock: new FakeClock(), createOn: "access", limits: { ...NO_LIMITS, sessions: 1 } },
);

socketTest(
  "[S3] WebSocket refuses frames too many with the cid, and ends with 4429 when they do not stop",
  async ({ url }) => {
    await using client = await SocketClient.hello(url);
    await client.next();
    for (let i = 0; i < 2; i++) client.send({ type: "typing" });
    client.send({ type: "send", cid: "late", content: "x" });
    const { code, cid, retryAfterMs } = await client.next();
    deepEqual([code, cid, retryAfterMs], ["rate_limited", "late", 30_000]);
    client.send({ type: "edit", seq: 7, content: "x" });
    const edit = await client.next();
    deepEqual([edit.code, edit.seq, edit.retryAfterMs], ["rate_limited", 7, 30_000]);
    for (let i = 0; i < 99; i++) client.send({ type: "typing" });
    equal((await client.ended()).code, 4429);
    equal(client.frames.items.length, 101);
  },
  { clock: new FakeClock(), limits: { ...NO_LIMITS, frames: 2 } },
);

const slow = new FakeClock();

socketTest("WebSocket forgives refusals that are a minute old", async ({ url }) => {
  await using client = await SocketClient.hello(url);
  let frames = 1;
  for (let minute = 0; minute < 3; minute++) {
    await client.frames.count("frames", frames);
    for (let i = 0; i < 60; i++) client.send("?");
    frames += 60;
    await client.frames.count("frames", frames);
    slow.advance(61_000);
  }
  client.send({ type: "history", before: 1, limit: 1 });
  await client.nextOf("history");
}, { clock: slow, limits: { ...NO_LIMITS, frames: 1 } });

for (const perAddress of [true, false]) {
  const limits = perAddress ? { all: 0, perAddress: 1 } : { all: 1, perAddress: 0 };
  socketTest(
    `[S4] WebSocket opens and ends with 4429 when there are too many ${
      perAddress ? "from an address" : "in all"
    }`,
    async ({ url }) => {
      const first = await SocketClient.hello(url);
      await first.next();
      await using second = await SocketClient.connect(url);
      equal((await second.ended()).code, 4429);
      await first[Symbol.asyncDispose]();
      for (;;) {
        // The server hears of the end a moment later.
        await using third = await SocketClient.hello(url);
        const welcome = await Promise.race([third.next(), third.closed.then(() => undefined)]);
        if (welcome !== undefined) return equal(welcome.type, "welcome");
      }
    },
    { connections: limits },
  );
}

socketTest("WebSocket counts visitors behind a trusted proxy by the addresses it names", async ({ url }) => {
  const connect = async (address: string): Promise<number | undefined> => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, {
      headers: { "X-Forwarded-For": address },
    });
    const code = await new Promise<number | undefined>((resolve) => {
      socket.addEventListener("open", () => socket.send(`{"type":"hello","v":1,"session":null,"after":0}`));
      socket.addEventListener("message", () => resolve(undefined));
      socket.addEventListener("close", (event) => resolve(event.code));
    });
    sockets.push(socket);
    return code;
  };
  const sockets: WebSocket[] = [];
  deepEqual(await connect("198.51.100.1"), undefined);
  deepEqual(await connect("198.51.100.2"), undefined);
  deepEqual(await connect("198.51.100.1"), 4429);
  deepEqual(await connect("2001:db8::1"), undefined);
  deepEqual(await connect("2001:db8::2"), 4429);
  for (const socket of sockets) socket.close();
}, { connections: { all: 0, perAddress: 1 }, trustedProxies: ["127.0.0.0/8"] });

let turnedAway = 0;

socketTest(
  "[S4] WebSocket opens no more for those turned away than a few until they are gone, and counts them",
  async ({ url }) => {
    await using first = await SocketClient.hello(url);
    await first.next();
    const silent = [];
    for (let i = 0; i < 4; i++) silent.push(await RawVisitor.upgrade(url));
    equal(turnedAway, 4);
    using fifth = await RawVisitor.connect(url);
    await fifth.write(HANDSHAKE);
    match(await fifth.read(), /^HTTP\/1\.1 503 [^]*retry-after: 60/i);
    equal(turnedAway, 5);
    for (const visitor of silent) visitor[Symbol.dispose]();
    // The server hears of the end a moment later; then it says again why, and an ended socket leaves only once.
    for (let told = 0, asked = 0; told < 8; asked++) {
      ok(asked < 1_000, "those that are gone still count");
      const client = await SocketClient.connect(url).catch(() => undefined);
      if (client === undefined) continue;
      equal((await client.ended()).code, 4429);
      told++;
    }
    first.send({ type: "history", before: 1, limit: 1 });
    equal((await first.next()).type, "history");
  },
  {
    connections: { all: 0, perAddress: 1 },
    metrics: { ...NO_WEB_METRICS, socketTurnedAway: () => void turnedAway++ },
  },
);

Deno.test({
  name: "WebService warns once when a trusted proxy names nobody and its visitors are turned away",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(): Promise<void> {
    const logger = new Log();
    await using server = await startServer({
      logger,
      connections: { all: 0, perAddress: 1 },
      trustedProxies: ["127.0.0.0/8"],
    });
    await using first = await SocketClient.hello(server.url);
    await first.next();
    for (let i = 0; i < 2; i++) {
      await using more = await SocketClient.connect(server.url);
      await more.ended();
    }
    const warnings = logger.lines.filter(({ level }) => level === "warn");
    equal(warnings.length, 1);
    ok(warnings[0]?.message.includes("X-Forwarded-For"));
  },
});
