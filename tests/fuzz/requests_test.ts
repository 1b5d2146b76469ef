import { equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import { RawVisitor } from "../hostile/raw_visitor.ts";
import { Log } from "../support/log.ts";
import { SocketClient } from "../support/socket_client.ts";
import { within } from "../support/until.ts";
import { startServer } from "../web/web_server.ts";

const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 300) };

const token = fc.string({ unit: fc.constantFrom(..."abzAZ09-_!#$%&'*+.^`|~"), minLength: 1, maxLength: 20 });
/** What a line of a head can carry. */
const visible = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
});
const segment = fc.oneof(
  fc.constantFrom(
    "",
    ".",
    "..",
    "files",
    "static",
    "dist",
    "page.css",
    "%2e%2e",
    "%00",
    "%ff",
    "%",
    "//",
    "__proto__",
  ),
  fc.uuid(),
  fc.webSegment(),
);
const path = fc.oneof(
  fc.constantFrom(
    "/",
    "/embed",
    "/widget.js",
    "/healthz",
    "/readyz",
    "/metrics",
    "/upload",
    "/ws",
    "/files/x",
    "*",
  ),
  fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join("/")}`),
  fc.webUrl(),
);
const target = fc.oneof(
  path,
  fc.tuple(path, fc.webQueryParameters()).map(([path, query]) => `${path}?${query}`),
);
const header = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      "Accept",
      "Accept-Language",
      "Content-Type",
      "Cookie",
      "Forwarded",
      "If-Modified-Since",
      "If-None-Match",
      "Origin",
      "Range",
      "Referer",
      "Sec-Fetch-Site",
      "Sec-WebSocket-Key",
      "Sec-WebSocket-Protocol",
      "Sec-WebSocket-Version",
      "X-File-Name",
      "X-Forwarded-For",
      "X-Forwarded-Proto",
    ),
    fc.oneof(
      visible,
      fc.constantFrom(
        "bytes=0-",
        "bytes=-1",
        "bytes=9-1",
        "1, 2",
        "*",
        "%",
        "%00",
        "13",
        '"x"',
        "de-AT;q=0.5, *;q=2",
      ),
    ),
  ),
  fc.tuple(token.map((name) => `X-${name}`), visible),
);
const request = fc.record({
  method: fc.oneof(fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"), token),
  target,
  host: fc.oneof(
    { weight: 4, arbitrary: fc.constant("localhost") },
    { weight: 1, arbitrary: fc.constantFrom("", "a b", "localhost:1:2", "[::1", "%", "localhost:99999") },
    { weight: 1, arbitrary: visible },
  ),
  headers: fc.array(header, { maxLength: 6 }),
  upgrade: fc.boolean(),
  signedIn: fc.boolean(),
  body: fc.string({ maxLength: 200 }),
});

Deno.test({
  name: "[S3] The server answers any request that can be made, soon and never with a failure of its own",
  // Sockets of the runtime outlive a test by a turn, which is not a leak of ours.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(): Promise<void> {
    const logger = new Log();
    await using server = await startServer({ logger });
    await using visitor = await SocketClient.hello(server.url);
    const { session } = await visitor.next();
    const statuses = new Set<string>();
    await fc.assert(
      fc.asyncProperty(request, async ({ method, target, host, headers, upgrade, signedIn, body }) => {
        using one = await RawVisitor.connect(server.url);
        await one.write([
          `${method} ${target} HTTP/1.1`,
          `Host: ${host}`,
          upgrade ? "Connection: Upgrade\r\nUpgrade: websocket" : "Connection: close",
          ...(signedIn ? [`Authorization: Bearer ${session}`] : []),
          ...headers.map(([name, value]) => `${name}: ${value}`),
          `Content-Length: ${new TextEncoder().encode(body).length}`,
          "",
          body,
        ].join("\r\n"));
        const answer = await within("an answer", one.read());
        const [, status = "none"] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? [];
        statuses.add(status);
        match(status, /^(?:101|[234]\d\d)$/, answer.slice(0, 300));
        ok(!/file:\/\/|\bat .+:\d+:\d+/.test(answer), answer);
      }),
      RUNS,
    );
    for (const status of ["200", "400", "404", "405"]) ok(statuses.has(status), [...statuses].join());
    equal(await (await fetch(`${server.url}/healthz`)).text(), "ok\n");
    equal(logger.lines.filter(({ level }) => level === "error").map(({ message }) => message).join(), "");
    visitor.send({ type: "history", before: 1, limit: 1 });
    equal((await visitor.next()).type, "history");
  },
});
