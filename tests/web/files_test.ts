import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { NO_LIMITS } from "../../src/web/limits/visitor_limits.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { PNG_1X2 } from "../support/pictures.ts";
import { SocketClient } from "../support/socket_client.ts";
import { FileVisitor as Visitor, nextSave } from "./file_visitor.ts";
import { socketTest } from "./server_test_case.ts";

function utf16(text: string, encoding: "utf-16le" | "utf-16be"): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  [...text].forEach((letter, index) =>
    view.setUint16(index * 2, letter.charCodeAt(0), encoding === "utf-16le")
  );
  return new Uint8Array(view.buffer);
}

socketTest(
  "Upload stores a file, the visitor sends it, sees it in another tab and after coming back, and loads it",
  async ({ url, chatBox }) => {
    await using visitor = await Visitor.arrive(url);
    await using tab = await SocketClient.hello(url, visitor.session);
    await tab.next();
    const file = await visitor.file(PNG_1X2, "Überblick 🎌.png");
    const { id, ...about } = file;
    deepEqual(about, {
      name: "Überblick 🎌.png",
      type: "image/png",
      size: PNG_1X2.length,
      width: 1,
      height: 2,
    });
    visitor.client.send({ type: "send", cid: "a", content: "", files: [id] });
    equal((await visitor.client.next()).type, "acks");
    const message = { seq: 1, rev: 1, from: "visitor", content: "", files: [file] };
    const [{ at: _at, ...told } = {}] = (await tab.nextOf("messages")).messages as Record<string, unknown>[];
    deepEqual(told, message);
    await using again = await SocketClient.hello(url, visitor.session);
    const [{ at: _again, ...welcomed } = {}] = (await again.next()).messages as Record<string, unknown>[];
    deepEqual(welcomed, message);
    const stored = await chatBox.connection(visitor.uid).messages();
    deepEqual(stored.messages[0]?.files, [file]);
    const loaded = await visitor.get(id);
    deepEqual(await loaded.bytes(), PNG_1X2);
  },
);

socketTest(
  "[D3] WebSocket gives the same ack for the same cid with the same file, and refuses the file in another message",
  async ({ url }) => {
    await using visitor = await Visitor.arrive(url);
    const { id } = await visitor.file("x");
    const { client } = visitor;
    client.send({ type: "send", cid: "a", content: "", files: [id] });
    const first = await client.next();
    client.send({ type: "send", cid: "a", content: "", files: [id] });
    deepEqual(await client.next(), first);
    client.send({ type: "send", cid: "b", content: "", files: [id] });
    const { code, cid } = await client.next();
    deepEqual([code, cid], ["not_found", "b"]);
  },
);

socketTest("[O1] WebSocket keeps the order of messages with and without files", async ({ url }) => {
  await using visitor = await Visitor.arrive(url);
  const { client } = visitor;
  const files = await Promise.all([visitor.file("1"), visitor.file("2")]);
  const cids = ["a", "b", "c", "d", "e"];
  cids.forEach((cid, index) => {
    const file = files[index / 2]?.id;
    client.send({
      type: "send",
      cid,
      content: "x",
      ...(Number.isInteger(index / 2) && file && { files: [file] }),
    });
  });
  const acks = (await client.frames.until("all acks", (frames) =>
    frames.flatMap(({ acks = [] }) =>
      acks as unknown[]
    ).length === 5))
    .flatMap(({ acks = [] }) =>
      acks as { cid: string; seq: number }[]
    );
  deepEqual(acks.map(({ cid, seq }) => [cid, seq]), cids.map((cid, index) => [cid, index + 1]));
});

socketTest(
  "[O3] Files are read by their own conversation only, and named in its messages only",
  async ({ url }) => {
    await using owner = await Visitor.arrive(url);
    await using stranger = await Visitor.arrive(url);
    const { id } = await owner.file("secret");
    const none = await stranger.get("A".repeat(32));
    const theirs = await stranger.get(id);
    deepEqual([theirs.status, await theirs.text()], [none.status, await none.text()]);
    equal(theirs.status, 404);
    stranger.client.send({ type: "send", cid: "a", content: "", files: [id] });
    equal((await stranger.client.next()).code, "not_found");
    for (
      const authorization of ["", "Bearer", "Bearer x", `Bearer ${owner.session}x`, `Basic ${owner.session}`]
    ) {
      const response = await owner.get(id, { Authorization: authorization });
      deepEqual([response.status, response.headers.get("WWW-Authenticate")], [401, "Bearer"]);
      await response.body?.cancel();
    }
    equal(await (await owner.get(id)).text(), "secret");
  },
);

socketTest("A file of the staff is read by the conversation for which it is", async ({ url, storage }) => {
  await using visitor = await Visitor.arrive(url);
  await using stranger = await Visitor.arrive(url);
  const body = new Response("for you").body;
  if (body === null) throw new Error("no body");
  const saved = await storage.files.save({
    uid: visitor.uid,
    side: 2,
    name: "b.txt",
    body,
    maxBytes: 100,
    at: 0,
  });
  if (!("file" in saved)) throw new Error("refused");
  equal(await (await visitor.get(saved.file.id)).text(), "for you");
  equal((await stranger.get(saved.file.id)).status, 404);
  visitor.client.send({ type: "send", cid: "a", content: "", files: [saved.file.id] });
  equal((await visitor.client.next()).code, "not_found");
});

for (
  const [what, body, name, disposition, type] of [
    ["a picture in the page", PNG_1X2, "a.png", "inline; filename=a.png", "image/png"],
    [
      "HTML as a download",
      "<script>alert(1)</script>",
      "a.html",
      "attachment; filename=a.html",
      "text/plain",
    ],
    [
      "SVG as a download",
      "<svg xmlns='http://www.w3.org/2000/svg'/>",
      "a.png",
      "attachment; filename=a.png",
      "text/plain",
    ],
    ...([
      ["in UTF-16", "\ufeff<script>alert(1)</script>", "utf-16le"],
      ["in UTF-16 the other way round", "\ufeff<script>alert(1)</script>", "utf-16be"],
      ["in UTF-16 without a mark", "<html><script>alert(1)</script>", "utf-16le"],
    ] as const).map(([what, text, encoding]) =>
      [
        `HTML ${what} as a download`,
        utf16(text, encoding),
        "a.png",
        "attachment; filename=a.png",
        "application/octet-stream",
      ] as const
    ),
    [
      "HTML behind a byte order mark as a download",
      new TextEncoder().encode("\ufeff<!doctype html><script>alert(1)</script>"),
      "a.jpg",
      "attachment; filename=a.jpg",
      "text/plain",
    ],
    [
      "SVG behind a byte order mark as a download",
      new TextEncoder().encode("\ufeff<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
      "a.svg",
      "attachment; filename=a.svg",
      "text/plain",
    ],
    [
      "what is a picture and HTML as a picture only",
      new TextEncoder().encode("GIF89a/*<script>alert(1)</script>*/=1;alert(1)"),
      "a.html",
      "inline; filename=a.html",
      "image/gif",
    ],
    [
      "a picture with HTML behind it as a picture only",
      new Uint8Array([...PNG_1X2, ...new TextEncoder().encode("<script>alert(1)</script>")]),
      "a.html",
      "inline; filename=a.html",
      "image/png",
    ],
    [
      "PDF as a download",
      "%PDF-1.7\n<script>",
      "a.pdf",
      "attachment; filename=a.pdf",
      "application/pdf",
    ],
    [
      "a name of any letters",
      "x",
      `"ü" 5%;.txt`,
      `attachment; filename="\\"ü\\" 5%;.txt"; filename*=UTF-8''%22%C3%BC%22%205%25%3B.txt`,
      "text/plain",
    ],
  ] as const
) {
  socketTest(
    `[S1] Download serves ${what}, by its content, without a right to run anything`,
    async ({ url }) => {
      await using visitor = await Visitor.arrive(url);
      const { id } = await visitor.file(body, name);
      const response = await visitor.get(id, { "Accept-Encoding": "gzip, br" });
      await response.body?.cancel();
      const { headers } = response;
      if (!name.includes("ü")) equal(headers.get("Content-Disposition"), disposition);
      else match(String(headers.get("Content-Disposition")), /^attachment; filename="/);
      equal(headers.get("Content-Type"), type);
      equal(headers.get("X-Content-Type-Options"), "nosniff");
      equal(headers.get("Content-Security-Policy"), "default-src 'none'; sandbox; frame-ancestors 'none'");
      equal(headers.get("Cross-Origin-Resource-Policy"), "same-origin");
      equal(headers.get("Cache-Control"), "private, no-cache, no-transform");
      equal(headers.get("Content-Encoding"), null);
      equal(headers.get("Content-Length"), String(body.length));
    },
  );
}

socketTest("Download answers HEAD, 304 and ranges", async ({ url }) => {
  await using visitor = await Visitor.arrive(url);
  const text = "0123456789".repeat(10_000);
  const { id } = await visitor.file(text);
  const head = await visitor.get(id, {}, "HEAD");
  deepEqual([head.status, head.headers.get("Content-Length"), await head.text()], [200, "100000", ""]);
  const etag = String(head.headers.get("ETag"));
  const known = await visitor.get(id, { "If-None-Match": etag });
  deepEqual([known.status, await known.text()], [304, ""]);
  for (
    const [range, status, start, end] of [
      ["bytes=0-0", 206, 0, 1],
      ["bytes=99990-", 206, 99_990, 100_000],
      ["bytes=-5", 206, 99_995, 100_000],
      ["bytes=10-999999999", 206, 10, 100_000],
      ["bytes=20-10", 200, 0, 100_000],
      ["bytes=0-1,5-6", 200, 0, 100_000],
      ["lines=0-1", 200, 0, 100_000],
    ] as const
  ) {
    const part = await visitor.get(id, { Range: range });
    equal(part.status, status, range);
    equal(part.headers.get("Content-Range"), status === 206 ? `bytes ${start}-${end - 1}/100000` : null);
    equal(await part.text(), text.slice(start, end));
  }
  for (const range of ["bytes=100000-", "bytes=-0"]) {
    const beyond = await visitor.get(id, { Range: range });
    deepEqual([beyond.status, beyond.headers.get("Content-Range")], [416, "bytes */100000"]);
    await beyond.body?.cancel();
  }
  const other = await visitor.get(id, { Range: "bytes=0-0", "If-Range": '"other"' });
  equal((await other.text()).length, 100_000);
});

socketTest("Upload takes 10 MiB, and refuses a byte more whether it is announced or not", async ({ url }) => {
  await using visitor = await Visitor.arrive(url);
  const largest = new Uint8Array(10 * 1024 * 1024);
  equal((await visitor.file(largest)).size, largest.length);
  for (
    const body of [new Uint8Array(largest.length + 1), ReadableStream.from([largest, new Uint8Array(1)])]
  ) {
    const response = await visitor.upload(body);
    deepEqual([response.status, (await response.json()).message], [
      413,
      "Cannot upload: the file is too large, allowed are 10485760 bytes",
    ]);
  }
});

socketTest("Upload refuses what is empty, and whoever has no session", async ({ url }) => {
  await using visitor = await Visitor.arrive(url);
  for (const body of ["", ReadableStream.from([new Uint8Array()])]) {
    const response = await visitor.upload(body);
    deepEqual([response.status, (await response.json()).message], [400, "Cannot upload: the file is empty"]);
  }
  const response = await visitor.upload("x", "a", {
    Authorization: `Bearer ${crypto.randomUUID()}.${"A".repeat(43)}`,
  });
  deepEqual([response.status, (await response.json()).code], [401, "forbidden"]);
});

socketTest("Upload refuses one too many and says when to try again", async ({ url }) => {
  await using visitor = await Visitor.arrive(url);
  await visitor.file("x");
  const response = await visitor.upload("x");
  deepEqual([response.status, response.headers.get("Retry-After")], [429, "3600"]);
  deepEqual(await response.json(), {
    code: "rate_limited",
    message: "Cannot upload: too many in a short time, try again in 3600 s",
    retryAfterMs: 3_600_000,
  });
}, { clock: new FakeClock(), limits: { ...NO_LIMITS, uploads: 1 } });

const stalling = new FakeClock();

socketTest("Upload is given up when nothing comes for 30 s, and leaves nothing behind", async (server) => {
  await using visitor = await Visitor.arrive(server.url);
  const { begun, ended } = nextSave(server);
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const answer = visitor.upload(body.readable).catch(() => undefined);
  await writer.write(new Uint8Array(1_000));
  await begun;
  stalling.advance(30_000);
  match(String(await ended), /stalled/);
  deepEqual(server.files(), []);
  await writer.abort().catch(() => undefined);
  const response = await answer;
  notEqual(response?.status, 200);
  await response?.body?.cancel();
}, { clock: stalling });

socketTest("[S3] Upload that is cut off leaves nothing behind", async (server) => {
  await using visitor = await Visitor.arrive(server.url);
  const { begun, ended } = nextSave(server);
  const { hostname, port } = new URL(server.url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const head =
    `POST /upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${visitor.session}\r\nContent-Length: 100000\r\n\r\n`;
  await connection.write(new TextEncoder().encode(`${head}half`));
  await begun;
  connection.close();
  equal(await ended instanceof Error, true);
  deepEqual(server.files(), []);
});

socketTest("A deleted message's file is gone for everybody", async ({ url }) => {
  await using visitor = await Visitor.arrive(url);
  const { id } = await visitor.file("x");
  visitor.client.send({ type: "send", cid: "a", content: "", files: [id] });
  await visitor.client.next();
  ok((await visitor.get(id)).ok);
  visitor.client.send({ type: "delete", seq: 1 });
  await visitor.client.nextOf("messages");
  equal((await visitor.get(id)).status, 404);
});
