import { deepEqual, equal, match } from "node:assert/strict";
import { ChatBoxError, silentLogger } from "../../../src/core/mod.ts";
import { NO_LIMITS, VisitorLimits } from "../../../src/web/limits/visitor_limits.ts";
import { FrameGate } from "../../../src/web/session/frame_gate.ts";
import { SendHold } from "../../../src/web/session/send_hold.ts";
import { RawVisitor } from "../../hostile/raw_visitor.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { Log } from "../../support/log.ts";
import { SocketClient } from "../../support/socket_client.ts";
import { Collector, within } from "../../support/until.ts";
import { socketTest } from "../server_test_case.ts";

for (
  const [what, error, code, close] of [
    [
      "has no room",
      new ChatBoxError("overloaded", "Cannot store: the disk /dev/sda is full"),
      "overloaded",
      undefined,
    ],
    ["is closed", new ChatBoxError("closed", "Cannot store: the database is closed"), "overloaded", 1012],
    ["fails", new TypeError("rows of /var/lib/chat.db is not iterable"), "internal", undefined],
  ] as const
) {
  const logger = new Log();
  socketTest(
    `[S5] WebSocket answers with ${code} when the store ${what}, says nothing of it, and logs what it was`,
    async ({ url, storage }) => {
      await using client = await SocketClient.hello(url);
      const { uid } = await client.next();
      client.send({ type: "send", cid: "a", content: "x" });
      await client.nextOf("acks");
      storage.store.append = () => Promise.reject(error);
      client.send({ type: "send", cid: "b", content: "x" });
      const { message, ...answer } = await client.nextOf("error");
      const later = code === "overloaded" && { retryAfterMs: 1_000 };
      deepEqual(answer, { type: "error", code, cid: "b", ...later });
      match(String(message), /^Cannot send: the server (?:has a problem|cannot do it now, try again later)$/);
      deepEqual(logger.lines.map(({ level, fields }) => [level, fields]), [["error", {
        uid,
        frame: "send",
        error,
      }]]);
      if (close !== undefined) return equal((await client.ended()).code, close);
      client.send({ type: "history", before: 1, limit: 1 });
      await client.nextOf("history");
    },
    { logger },
  );
}

socketTest(
  "[O3] WebSocket ends with overloaded and 1013 when a session cannot be looked up, and gives no new one",
  async ({ url, storage }) => {
    await using owner = await SocketClient.hello(url);
    const { session, uid } = await owner.next();
    owner.send({ type: "send", cid: "a", content: "x" });
    await owner.nextOf("acks");
    const find = storage.sessions.find.bind(storage.sessions);
    storage.sessions.find = () => Promise.reject(new Error("the disk is gone"));
    const client = await SocketClient.hello(url, String(session));
    equal((await client.ended()).code, 1013);
    const { message, ...answer } = await client.next();
    deepEqual(answer, { type: "error", code: "overloaded", retryAfterMs: 1_000 });
    equal(client.frames.items.length, 1);
    match(String(message), /try again later$/);
    storage.sessions.find = find;
    await using again = await SocketClient.hello(url, String(session));
    const welcome = await again.next();
    deepEqual([welcome.uid, welcome.session, welcome.rev], [uid, undefined, 1]);
  },
);

socketTest(
  "[O4] WebSocket keeps a hundred frames until the visitor is known, and ends with 4429 at one more",
  async ({ url, storage }) => {
    await using owner = await SocketClient.hello(url);
    const { session } = await owner.next();
    owner.send({ type: "send", cid: "a", content: "x" });
    await owner.nextOf("acks");
    const find = storage.sessions.find.bind(storage.sessions);
    for (const [frames, code] of [[100, undefined], [101, 4429]] as const) {
      const asked = Promise.withResolvers<void>();
      const known = Promise.withResolvers<void>();
      storage.sessions.find = async (hash) => {
        asked.resolve();
        await known.promise;
        return await find(hash);
      };
      await using client = await SocketClient.hello(url, String(session));
      await asked.promise;
      for (let i = 0; i < frames; i++) client.send({ type: "history", before: 1, limit: 1 });
      if (code === undefined) {
        // A frame that is refused is answered at once: what was sent before it has come in.
        client.send("?");
        equal((await client.next()).type, "error");
      } else {
        equal((await client.ended()).code, code);
      }
      known.resolve();
      if (code === undefined) await client.frames.count("frames", 1 + 1 + frames);
    }
  },
);

function gateWithoutLimits(): FrameGate {
  const clock = new FakeClock();
  return new FrameGate(new VisitorLimits(NO_LIMITS, clock), clock, new SendHold(clock));
}

Deno.test("[S3] FrameGate counts the bytes of UTF-8, not the letters", () => {
  const gate = gateWithoutLimits();
  const frame = (letters: string): string => JSON.stringify({ type: "typing", pad: letters });
  const room = 65_536 - new TextEncoder().encode(frame("")).length;
  for (const letter of ["x", "ä", "語", "😀"]) {
    const bytes = new TextEncoder().encode(letter).length;
    const fitting = letter.repeat(Math.floor(room / bytes)) + "x".repeat(room % bytes);
    deepEqual(gate.judge(frame(fitting), { prefix: "a" }, false).frame, { type: "typing" });
    equal(gate.judge(frame(`${fitting}x`), { prefix: "a" }, false).end?.code, 1009, letter);
  }
});

for (
  const [what, between, ends] of [
    ["nothing", undefined, true],
    ["an empty message", { type: "send", cid: "a", content: "" }, true],
    ["a frame that is one", { type: "typing" }, false],
    ["a hello that comes late", { type: "hello", v: 1, session: null, after: 0 }, false],
  ] as const
) {
  Deno.test(`FrameGate ${ends ? "ends" : "goes on"} after ten bad frames with ${what} between`, () => {
    const gate = gateWithoutLimits();
    const judge = (frame: unknown) => gate.judge(JSON.stringify(frame), { prefix: "a" }, false);
    for (let i = 0; i < 5; i++) equal(judge({ type: "?" }).end, undefined);
    if (between !== undefined) equal(judge(between).end, undefined);
    for (let i = 0; i < 4; i++) equal(judge({ type: "?" }).end, undefined);
    const { refusal, end } = judge({ type: "?" });
    deepEqual([refusal?.code, end?.code], ["bad_frame", ends ? 4400 : undefined]);
  });
}

const told = new Collector<string>();

socketTest(
  "[O4] WebSocket ends with 1013 for a visitor who reads too slowly and goes on sending",
  async ({ url }) => {
    await using writer = await SocketClient.hello(url);
    const { session } = await writer.next();
    for (let i = 0; i < 50; i++) writer.send({ type: "send", cid: `c${i}`, content: "x".repeat(4_000) });
    await writer.frames.until("the acks", (frames) => JSON.stringify(frames).includes('"cid":"c49"'));
    using reader = await RawVisitor.upgrade(url);
    await reader.frame({ type: "hello", v: 1, session, after: 51 });
    match(await reader.read(), /welcome/);
    // Pages of 200 KB, most of them asked for when the server has had enough.
    for (let i = 0; i < 150; i++) await reader.frame({ type: "history", before: 1_000, limit: 100 });
    await told.until("it to be given up", (lines) => lines.includes("Closed a socket that reads too slowly"));
    equal(await within("the close frame", reader.closed()), 1013);
  },
  { logger: { ...silentLogger, info: told.push } },
);
