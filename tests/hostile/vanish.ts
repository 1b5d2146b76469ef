import net from "node:net";

/**
 * Asks for a WebSocket and resets the connection at once, without waiting for the answer.
 *
 * @param url of the server
 */
export async function vanish(url: string): Promise<void> {
  const { hostname, port, host } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = net.connect({ host: hostname, port: Number(port) }, () => {
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
      () => socket.resetAndDestroy(),
    );
  });
  socket.on("close", () => resolve());
  // Where no more fit into the queue of the system it is refused: that, too, is an end.
  socket.on("error", () => resolve());
  await promise;
}
