import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { ask, PATHS } from "./ask.ts";
import { socketTest } from "./server_test_case.ts";

const HANDSHAKE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

for (
  const [what, method, change, status] of [
    ["no WebSocket", "GET", { Upgrade: undefined, Connection: "close" }, 426],
    ["another protocol", "GET", { Upgrade: "h2c" }, 426],
    ["an old version of it", "GET", { "Sec-WebSocket-Version": "8" }, 426],
    ["no version", "GET", { "Sec-WebSocket-Version": undefined }, 426],
    ["its headers alone", "HEAD", {}, 426],
    ["it by POST", "POST", {}, 405],
    ["it", "GET", {}, 101],
    ["it in other letters", "GET", { Upgrade: "WebSocket" }, 101],
  ] as const
) {
  socketTest(`HTTP answers whoever asks /ws for ${what} with ${status}`, async ({ url }) => {
    const wanted = { ...HANDSHAKE, ...(status !== 101 && { Connection: "Upgrade, close" }), ...change };
    const given = Object.entries(wanted).filter((field): field is [string, string] => field[1] !== undefined);
    const { headers, ...answer } = await ask(url, "/ws", Object.fromEntries(given), method);
    equal(answer.status, status);
    if (status !== 101) notEqual(headers.get("Content-Security-Policy"), null);
    if (status === 405) equal(headers.get("Allow"), "GET, HEAD");
    if (status !== 426) return;
    deepEqual([headers.get("Upgrade"), headers.get("Sec-WebSocket-Version")], ["websocket", "13"]);
    // Whoever closes the connection, as here, hears that from Deno 2.6 and no more.
    match(String(headers.get("Connection")), /^(?:Upgrade|close)/);
  });
}

const METRICS = { read: () => Promise.resolve("a 1\n"), contentType: "text/plain", token: undefined };

for (const path of [...PATHS, "/metrics", "/readyz?"]) {
  socketTest(`HTTP answers HEAD ${path} as GET, but for the body`, async ({ url }) => {
    const [get, head] = [await ask(url, path), await ask(url, path, {}, "HEAD")];
    // Deno 2.6 adds a Vary of its own to GET; that pages vary is asked of both elsewhere.
    for (const { headers } of [get, head]) for (const name of ["Date", "Vary"]) headers.delete(name);
    deepEqual([head.status, [...head.headers]], [get.status, [...get.headers]]);
    deepEqual([head.bytes.length, Number(head.headers.get("Content-Length"))], [0, get.bytes.length]);
    ok(get.bytes.length > 0);
  }, { metricsPage: METRICS, readiness: () => ({ ready: !path.endsWith("?"), reason: "no gateway" }) });
}

for (
  const [path, allowed] of [
    ["/", "GET, HEAD"],
    ["/embed", "GET, HEAD"],
    ["/widget.js", "GET, HEAD"],
    ["/static/dist/page.css", "GET, HEAD"],
    ["/upload", "POST"],
    ["/files/none", "GET, HEAD"],
    ["/avatars/none", "GET, HEAD"],
    ["/healthz", "GET, HEAD"],
    ["/readyz", "GET, HEAD"],
    ["/metrics", "GET, HEAD"],
    ["/ws", "GET, HEAD"],
    ["/nothing", undefined],
  ] as const
) {
  socketTest(`HTTP answers other methods of ${path} with ${allowed ?? "404"}`, async ({ url }) => {
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"]) {
      const { status, headers } = await ask(url, path, {}, method);
      const isOther = allowed !== undefined && !allowed.split(", ").includes(method);
      equal(status === 405, isOther, method);
      equal(headers.get("Allow"), isOther ? allowed : null);
      if (allowed === undefined) equal(status, 404);
    }
  }, { metricsPage: METRICS });
}
