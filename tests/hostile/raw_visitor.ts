import { ServerFrames } from "./server_frames.ts";

/** A whole text frame, RFC 6455 section 5.2. */
const TEXT = 0x81;
const READ_BYTES = 65_536;
/** Where a handshake's answer ends and the first frame may begin. */
const END_OF_HEAD = "\r\n\r\n";

/** A TCP connection that speaks HTTP and WebSocket by hand, and only as far as it wants to. */
export class RawVisitor implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #host: string;
  /** From the handshake on. */
  #frames: ServerFrames | undefined;
  /** Nobody has waited for it to the end: it is what the next one reads. */
  #underWay: Promise<Uint8Array> | undefined;

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
    const bytes = await this.#read(READ_BYTES);
    const answer = new TextDecoder().decode(bytes);
    if (answer.startsWith("HTTP/1.1 101")) {
      this.#frames = new ServerFrames();
      // A head is ASCII: as many bytes as letters.
      this.#frames.take(bytes.subarray(answer.indexOf(END_OF_HEAD) + END_OF_HEAD.length));
    }
    return answer;
  }

  /** Sends text as it is. */
  async write(text: string): Promise<void> {
    await this.#send(new TextEncoder().encode(text));
  }

  /** Reads what has come, at most so many bytes; empty at the end. */
  async read(most = READ_BYTES): Promise<string> {
    return new TextDecoder().decode(await this.#read(most));
  }

  #read(most: number): Promise<Uint8Array> {
    return this.#underWay ??= this.#receive(most);
  }

  async #receive(most: number): Promise<Uint8Array> {
    try {
      const buffer = new Uint8Array(most);
      const bytes = buffer.subarray(0, await this.#connection.read(buffer) ?? 0);
      this.#frames?.take(bytes);
      return bytes;
    } finally {
      this.#underWay = undefined;
    }
  }

  /** With which code the server has closed the WebSocket, as far as it was read. */
  get closeCode(): number | undefined {
    return this.#frames?.closeCode;
  }

  /** Reads on until the server closes the WebSocket, and gives the code; nothing when the connection ends without one. */
  async closed(): Promise<number | undefined> {
    while (this.closeCode === undefined && await this.read() !== "");
    return this.closeCode;
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

  /** What comes within a moment, empty at the end; nothing when the moment is over first. */
  async readSoon(limitMs = 100): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), limitMs);
    // To be reset is an end as well.
    const reading = this.read().catch(() => "");
    try {
      return await Promise.race([reading, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends bytes as they are. */
  bytes(bytes: Uint8Array): Promise<void> {
    return this.#send(bytes);
  }

  /** Says that nothing more will come, and goes on reading. */
  finish(): Promise<void> {
    return this.#connection.closeWrite();
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
