/**
 * A TCP relay before the HTTP server, so that a test can cut one connection without a byte of an answer: an HTTP
 * server alone can only end a response early, which clients see as something else.
 */

/** Passes bytes on and can stop doing so at any moment. */
export class Front {
  readonly #listener: Deno.TcpListener;
  readonly #targetPort: number;
  /** By the port with which the server behind knows the connection. */
  readonly #lines = new Map<number, () => void>();

  /**
   * @param port where to listen, 0 for any
   * @param targetPort where the server behind listens, on the same loopback address
   */
  constructor(port: number, targetPort: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.#targetPort = targetPort;
    void this.#accept();
  }

  /** The port that clients connect to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** @param port as the server behind sees it; the line ends now, on both sides */
  cut(port: number): void {
    this.#lines.get(port)?.();
  }

  /** Stops listening and cuts every line. */
  close(): void {
    this.#listener.close();
    for (const cut of this.#lines.values()) cut();
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) void this.#relay(client);
  }

  async #relay(client: Deno.TcpConn): Promise<void> {
    let server: Deno.TcpConn;
    try {
      server = await Deno.connect({ hostname: "127.0.0.1", port: this.#targetPort });
    } catch {
      return client.close();
    }
    client.setNoDelay(true);
    server.setNoDelay(true);
    const { port } = server.localAddr as Deno.NetAddr;
    let open = true;
    const cut = (): void => {
      if (!open) return;
      open = false;
      this.#lines.delete(port);
      client.close();
      server.close();
    };
    this.#lines.set(port, cut);
    await Promise.all([pump(client, server), pump(server, client)]);
    cut();
  }
}

const CHUNK_BYTES = 64 * 1024;

/** Copies until the end, which it passes on; an error is a line that was cut. */
async function pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  try {
    while (true) {
      const read = await from.read(chunk);
      if (read === null) break;
      for (let sent = 0; sent < read;) sent += await to.write(chunk.subarray(sent, read));
    }
    await to.closeWrite();
  } catch {
    // Cut, by us or by the other side.
  }
}
