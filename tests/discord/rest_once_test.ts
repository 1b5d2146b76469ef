import assert from "node:assert/strict";
import { silentLogger, systemClock } from "../../src/core/mod.ts";
import { DiscordUnreachable } from "../../src/discord/errors.ts";
import { RestCaller } from "../../src/discord/rest/rest_manager.ts";

/** Answers every request, but cuts the line after the first POST. */
async function* serveAndCut(listener: Deno.TcpListener): AsyncGenerator<string> {
  const chunk = new Uint8Array(16_384);
  let cut = false;
  while (true) {
    using line = await listener.accept();
    let request = "";
    for (let read = await line.read(chunk); read !== null; read = await line.read(chunk)) {
      request += new TextDecoder().decode(chunk.subarray(0, read));
      // A body in chunks ends so; a GET has none.
      if (!request.startsWith("GET") && !/name.*}/.test(request)) continue;
      yield request.slice(0, request.indexOf(" HTTP"));
      if (request.startsWith("POST") && !cut) {
        cut = true;
        break;
      }
      request = "";
      await line.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"));
    }
  }
}

// Found by chaos: `fetch` sends a request again by itself when a connection that was used before breaks under it.
for (const files of [[], [{ name: "a.txt", blob: new Blob(["a"]) }]]) {
  Deno.test(`[X2] RestCaller sends ${files.length === 0 ? "a POST" : "an upload"} once although the connection breaks, and leaves it to its caller`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const seen: string[] = [];
    const serving = (async (): Promise<void> => {
      for await (const request of serveAndCut(listener)) seen.push(request);
    })().catch((error) => assert.ok(error instanceof Deno.errors.BadResource, error));
    const caller = new RestCaller({
      token: "no-token-of-discords",
      apiUrl: `http://127.0.0.1:${listener.addr.port}`,
      clock: systemClock,
      logger: silentLogger,
      attemptTimeoutMs: 2_000,
    });
    await caller.call("test", "GET", "/guilds/1/threads/active");
    await assert.rejects(
      caller.call("test", "POST", "/channels/1/threads", {
        body: { name: "visitor" },
        ...(files.length > 0 && { files }),
      }),
      DiscordUnreachable,
    );
    assert.deepEqual(seen, ["GET /v10/guilds/1/threads/active", "POST /v10/channels/1/threads"]);
    await caller.close();
    listener.close();
    await serving;
  });
}
