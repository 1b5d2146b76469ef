// What a socket is told of frames that are not the contract's, and how it ends.
import { deepEqual, equal, match } from "node:assert/strict";
import { FakeClock } from "../support/fake_clock.ts";
import { SocketClient } from "../support/socket_client.ts";
import { socketTest } from "./server_test_case.ts";
import { startServer } from "./web_server.ts";

const REFUSED: readonly (readonly [name: string, frame: unknown, code: string, to?: object])[] = [
  ["no JSON", "{", "bad_frame"],
  ["an array", [], "bad_frame"],
  ["an unknown type", { type: "dance" }, "bad_frame"],
  ["binary", new Uint8Array([1]), "bad_frame"],
  ["a send without cid", { type: "send", content: "x" }, "bad_frame"],
  ["a cid with a space", { type: "send", cid: "a b", content: "x" }, "bad_frame"],
  ["a cid of 65 characters", { type: "send", cid: "a".repeat(65), content: "x" }, "bad_frame"],
  ["content that is no text", { type: "send", cid: "a", content: 1 }, "bad_frame", { cid: "a" }],
  ["content with an unpaired surrogate", `{"type":"send","cid":"a","content":"\\ud800"}`, "bad_frame", {
    cid: "a",
  }],
  ["empty content", { type: "send", cid: "a", content: "" }, "content_empty", { cid: "a" }],
  ["content of line ends", { type: "send", cid: "a", content: "\r\n\n" }, "content_empty", { cid: "a" }],
  [
    "content of 4,001 code points",
    { type: "send", cid: "a", content: "𝄞".repeat(4_001) },
    "content_too_long",
    { cid: "a" },
  ],
  ["a reply to 0", { type: "send", cid: "a", content: "x", replyTo: 0 }, "bad_frame", { cid: "a" }],
  ["a reply to nothing", { type: "send", cid: "a", content: "x", replyTo: 1 }, "not_found", { cid: "a" }],
  ["an edit of nothing", { type: "edit", seq: 1, content: "x" }, "not_found", { seq: 1 }],
  ["an edit without content", { type: "edit", seq: 1 }, "bad_frame", { seq: 1 }],
  ["an edit to nothing", { type: "edit", seq: 1, content: "" }, "content_empty", { seq: 1 }],
  ["a deletion of nothing", { type: "delete", seq: 1 }, "not_found", { seq: 1 }],
  ["a deletion of 1.5", { type: "delete", seq: 1.5 }, "bad_frame"],
  ["history of 101", { type: "history", before: 1, limit: 101 }, "bad_frame"],
  ["history of 0", { type: "history", before: 1, limit: 0 }, "bad_frame"],
  ["reading up to -1", { type: "read", seq: -1 }, "bad_frame"],
  ["a second hello", { type: "hello", v: 1, session: null, after: 0 }, "bad_frame"],
];

for (const [name, frame, code, to = {}] of REFUSED) {
  socketTest(`[S3] WebSocket answers ${name} with ${code}, and goes on`, async ({ url }) => {
    await using client = await SocketClient.hello(url);
    const { uid } = await client.next();
    client.send(frame);
    const { type, message, ...rest } = await client.next();
    deepEqual([type, rest], ["error", { code, ...to }]);
    match(String(message), /^Cannot .*[^.]$/);
    equal(String(message).includes(String(uid)), false);
    client.send({ type: "send", cid: "fine", content: "𝄞".repeat(4_000), unknown: { field: 1 } });
    equal((await client.next()).type, "acks");
  });
}

for (
  const [name, frame] of [
    ["send", { type: "send", cid: "a", content: "x" }],
    ["an old version", { type: "hello", v: 0, session: null, after: 0 }],
    ["a negative rev", { type: "hello", v: 1, session: null, after: -1 }],
    ["a session that is a number", { type: "hello", v: 1, session: 1, after: 0 }],
    ["no JSON", "?"],
    ["binary", new TextEncoder().encode('{"type":"hello","v":1,"session":null,"after":0}')],
    ["a list", []],
    ["of an unknown type", { type: "wave" }],
    ["a faulty send", { type: "send", cid: "", content: "x" }],
  ] as const
) {
  socketTest(`WebSocket ends with bad_hello and 4400 when the first frame is ${name}`, async ({ url }) => {
    await using client = await SocketClient.connect(url);
    client.send(frame);
    equal((await client.next()).code, "bad_hello");
    equal((await client.ended()).code, 4400);
  });
}

socketTest(
  "WebSocket ends with 4400 after ten frames in a row that are not the protocol",
  async ({ url }) => {
    await using client = await SocketClient.hello(url);
    await client.next();
    for (let i = 0; i < 10; i++) client.send("?");
    equal((await client.ended()).code, 4400);
  },
);

socketTest("WebSocket tells 4400 also to one who has sent many more such frames already", async ({ url }) => {
  await using client = await SocketClient.hello(url);
  await client.next();
  for (let i = 0; i < 500; i++) client.send("?");
  equal((await client.ended()).code, 4400);
});

socketTest("[S3] WebSocket ends with 1009 after a binary frame over 64 KiB", async ({ url }) => {
  await using client = await SocketClient.hello(url);
  await client.next();
  client.send(new Uint8Array(64 * 1024));
  equal((await client.next()).code, "bad_frame");
  client.send(new Uint8Array(64 * 1024 + 1));
  equal((await client.ended()).code, 1009);
});

socketTest("WebSocket ends with 1009 after a frame over 64 KiB, and reads one of 64 KiB", async ({ url }) => {
  await using client = await SocketClient.hello(url);
  await client.next();
  const padded = (bytes: number): string => {
    const frame = JSON.stringify({ type: "send", cid: "a", content: "x", pad: "" });
    return frame.replace(`"pad":""`, `"pad":"${"y".repeat(bytes - frame.length)}"`);
  };
  client.send(padded(65_536));
  equal((await client.next()).type, "acks");
  client.send(padded(65_537));
  equal((await client.ended()).code, 1009);
});

Deno.test({
  name: "WebSocket ends with 4408 when no hello comes within 10 s",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(): Promise<void> {
    const clock = new FakeClock();
    await using server = await startServer({ clock });
    await using client = await SocketClient.connect(server.url);
    // The session's timer runs from the moment the server has seen the socket.
    const health = async (): Promise<string> => await (await fetch(`${server.url}/healthz`)).text();
    while (server.web.sockets === 0) await health();
    clock.advance(9_999);
    const early = await Promise.race([client.closed, health()]);
    equal(typeof early, "string", "not before");
    clock.advance(1);
    equal((await client.ended()).code, 4408);
  },
});

Deno.test({
  name: "[D6] WebSocket is closed with 1012 when the server stops",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(): Promise<void> {
    const server = await startServer();
    await using client = await SocketClient.hello(server.url);
    await client.next();
    await server[Symbol.asyncDispose]();
    equal((await client.ended()).code, 1012);
  },
});
