/** RFC 6455 section 5.2. */
const OPCODE = 0x0f;
const CLOSE = 0x8;
const LENGTH = 0x7f;
/** Section 7.4.1: what a close frame without a code means. */
const NO_CODE = 1005;

/** Follows the frames of a WebSocket's server from the first byte on, and keeps nothing of them but how the server closes. */
export class ServerFrames {
  /** The code of the server's close frame, once it has come. */
  closeCode: number | undefined;
  /** The frame that is coming, up to where its payload begins; of a close frame all of it. */
  #head: number[] = [];
  /** Bytes of its payload that are still to come. */
  #left = 0;

  /** Takes in what was read, wherever it was cut. */
  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#left > 0) {
        const passed = Math.min(this.#left, bytes.length - at);
        this.#left -= passed;
        at += passed;
        continue;
      }
      this.#head.push(bytes[at++] ?? 0);
      this.#look();
    }
  }

  #look(): void {
    const [first = 0, second, ...rest] = this.#head;
    if (second === undefined) return;
    const short = second & LENGTH;
    if ((first & OPCODE) === CLOSE) {
      if (rest.length < short) return;
      this.closeCode ??= short < 2 ? NO_CODE : numberOf(rest.slice(0, 2));
    } else {
      const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
      if (rest.length < wide) return;
      this.#left = wide === 0 ? short : numberOf(rest);
    }
    this.#head = [];
  }
}

function numberOf(bytes: readonly number[]): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
