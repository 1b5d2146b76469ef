import { startServer, type TestServer } from "./web_server.ts";

/** Runs against a real server. Sockets of the runtime outlive a test by a turn, which is not a leak of ours. */
export function socketTest(
  name: string,
  run: (server: TestServer) => Promise<void>,
  options: Parameters<typeof startServer>[0] = {},
): void {
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn(): Promise<void> {
      await using server = await startServer(options);
      await run(server);
    },
  });
}
