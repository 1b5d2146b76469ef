/** Text, close and continuation frames, RFC 6455 section 5.2. */
const TEXT = 0x81;

/** A TCP connection that speaks HTTP and WebSocket by hand, and only as far as it wants to. */
export class RawVisitor implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #host: string;

  private constructor(connection: Deno.TcpConn, host: string) {
    this.#connection = connection;
    this.#host = host;
  }

  /** Connects, and says nothing. */
  static async connect(url: string): Promise<RawVisitor> {
    const { hostname, port, host } = new URL(url);
    return new RawVisitor(await Deno.connect({ hostname, port: Number(port) }), host);
  }

  /** Connects and opens a WebSocket. */
  static async upgrade(url: string): Promise<RawVisitor> {
    const visitor = await RawVisitor.connect(url);
    const answer = await visitor.handshake();
    if (!answer.startsWith("HTTP/1.1 101")) throw new Error(`no WebSocket: ${answer}`);
    return visitor;
  }

  /** Asks for a WebSocket, and gives the answer. */
  async handshake(): Promise<string> {
    await this.write(
      `GET /ws HTTP/1.1\r\nHost: ${this.#host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    return await this.read();
  }

  /** Sends text as it is. */
  async write(text: string): Promise<void> {
    await this.#send(new TextEncoder().encode(text));
  }

  /** Reads what has come, at most so many bytes; empty at the end. */
  async read(most = 65_536): Promise<string> {
    const buffer = new Uint8Array(most);
    const count = await this.#connection.read(buffer);
    return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
  }

  /** Sends a text frame. */
  async frame(frame: unknown): Promise<void> {
    const payload = new TextEncoder().encode(typeof frame === "string" ? frame : JSON.stringify(frame));
    const head = frameHead(payload.length);
    const whole = new Uint8Array(head.length + payload.length);
    whole.set(head);
    // The mask is four zeros, so masked and plain are the same.
    whole.set(payload, head.length);
    await this.#send(whole);
  }

  /** Announces a text frame of so many bytes without sending any of them. */
  async announce(length: number): Promise<void> {
    await this.#send(frameHead(length));
  }

  /** What has come within a moment; empty when nothing has. */
  async readSoon(limitMs = 100): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(() => resolve(""), limitMs);
    try {
      return await Promise.race([this.read().catch(() => ""), promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends bytes as they are. */
  bytes(bytes: Uint8Array): Promise<void> {
    return this.#send(bytes);
  }

  async #send(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) rest = rest.subarray(await this.#connection.write(rest));
  }

  /** Ends the connection without a word. */
  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch (error) {
      // It was closed before.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

function frameHead(length: number): Uint8Array {
  const mask = [0, 0, 0, 0];
  if (length < 126) return Uint8Array.of(TEXT, 0x80 | length, ...mask);
  const head = new DataView(new ArrayBuffer(length < 65_536 ? 8 : 14));
  head.setUint8(0, TEXT);
  head.setUint8(1, 0x80 | (length < 65_536 ? 126 : 127));
  if (length < 65_536) head.setUint16(2, length);
  else head.setBigUint64(2, BigInt(length));
  return new Uint8Array(head.buffer);
}
