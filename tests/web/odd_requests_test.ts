import { match } from "node:assert/strict";
import { RawVisitor } from "../hostile/raw_visitor.ts";
import { socketTest } from "./server_test_case.ts";

/** Found by fuzzing: each was answered with 500 once, or could have been. */
const ODD_REQUESTS: readonly (readonly [what: string, request: string])[] = [
  ["a Host that is no host", "GET / HTTP/1.1\r\nHost: localho\u20e3t\r\nConnection: close\r\n\r\n"],
  ["a Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n"],
  ["a Host with a port too many", "GET /ws HTTP/1.1\r\nHost: localhost:1:2\r\nConnection: close\r\n\r\n"],
  [
    "an upgrade without a key",
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
  ],
  [
    "an upgrade that the connection does not name",
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nUpgrade: websocket\r\n" +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  ],
];

for (const [what, request] of ODD_REQUESTS) {
  socketTest(
    `[S3] The server answers a request with ${what}, not with a failure of its own`,
    async ({ url }) => {
      using visitor = await RawVisitor.connect(url);
      await visitor.write(request);
      // What is a host to one version of the runtime is none to another.
      match(await visitor.read(), /^HTTP\/1\.1 [24]\d\d /);
    },
  );
}
