/**
 * The baseline: `Deno.serve` that sends every frame back, and nothing else.
 *
 * @module
 */
import { asked, tell } from "./tell.ts";

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = ({ data }): void => socket.send(data);
  return response;
});
tell({ url: `http://127.0.0.1:${server.addr.port}` });
for await (const _ of asked()) { /* nothing to ask it */ }
Deno.exit();
