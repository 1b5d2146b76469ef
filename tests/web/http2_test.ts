import { deepEqual } from "node:assert/strict";
import http2 from "node:http2";
import { socketTest } from "./server_test_case.ts";

socketTest("[S3] HTTP/2 without TLS gets nothing but the checks of load balancers", async ({ url }) => {
  const session = http2.connect(url);
  const asked = (path: string, method = "GET"): Promise<number> => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const stream = session.request({ ":path": path, ":method": method });
    stream.on("response", (headers) => resolve(Number(headers[":status"])));
    stream.on("error", reject);
    stream.resume();
    stream.end();
    return promise;
  };
  const paths = [
    "/",
    "/ws",
    "/upload",
    "/files/x",
    "/static/dist/page.js",
    "/metrics",
    "/healthz",
    "/readyz",
  ];
  const statuses: number[] = [];
  for (const path of paths) statuses.push(await asked(path, path === "/upload" ? "POST" : "GET"));
  deepEqual(statuses, [400, 400, 400, 400, 400, 400, 200, 200]);
  const ended = new Promise<void>((resolve) => session.close(() => resolve()));
  await ended;
});
