import { deepEqual, equal } from "node:assert/strict";
import http2 from "node:http2";
import { NO_TRANSFER_LIMITS } from "../../src/web/files/transfer_limits.ts";
import { FileVisitor } from "./file_visitor.ts";
import { socketTest } from "./server_test_case.ts";

/** One connection that begins with HTTP/2, as balancers do that speak it without TLS. */
class Http2Client implements AsyncDisposable {
  readonly #session: http2.ClientHttp2Session;

  constructor(url: string) {
    this.#session = http2.connect(url);
  }

  /** Asks, reads nothing of the answer, and gives its status. */
  ask(headers: http2.OutgoingHttpHeaders): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const stream = this.#session.request(headers);
    stream.on("response", ({ ":status": status }) => resolve(Number(status)));
    stream.on("error", reject);
    stream.end();
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#session.once("close", () => resolve()));
    this.#session.destroy();
    await closed;
  }
}

const EXPECTED = {
  "/": 200,
  "/static/dist/page.js": 200,
  "/healthz": 200,
  "/nothing": 404,
  "/files/x": 401,
  "/ws": 426,
  // Whoever names no host is not known to mean this machine.
  "/metrics": 401,
};

for (
  const [what, named] of [
    [":authority alone", {}],
    ["a Host header", { host: "chat.example.org" }],
  ] as const
) {
  socketTest(`HTTP/2 without TLS and with ${what} is answered as HTTP/1.1 is`, async ({ url }) => {
    await using client = new Http2Client(url);
    const statuses: Record<string, number> = {};
    for (const path of Object.keys(EXPECTED)) {
      statuses[path] = await client.ask({ ":path": path, ":authority": "chat.example.org", ...named });
    }
    deepEqual(statuses, EXPECTED);
  }, { metricsPage: { read: () => Promise.resolve(""), contentType: "text/plain", token: undefined } });
}

socketTest(
  "[S4] HTTP/2 without TLS has no more downloads on its one connection than an address may have",
  async ({ url }) => {
    await using visitor = await FileVisitor.arrive(url);
    const { id } = await visitor.file(new Uint8Array(1024 * 1024));
    await using client = new Http2Client(url);
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) {
      statuses.push(
        await client.ask({ ":path": `/files/${id}`, authorization: `Bearer ${visitor.session}` }),
      );
    }
    deepEqual(statuses, [200, 200, 503, 503]);
    equal(await client.ask({ ":path": "/healthz" }), 200);
  },
  { transfers: { ...NO_TRANSFER_LIMITS, atOnce: 1 } },
);
