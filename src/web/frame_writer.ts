import { type Ack, CloseCode, type Message, type ServerFrame } from "./protocol.ts";
import type { SocketPort } from "./socket_port.ts";

/** A socket with more than this unsent, in bytes, reads too slowly. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

type Batch =
  | { readonly type: "acks"; readonly acks: Ack[] }
  | { readonly type: "messages"; readonly messages: Message[] };

/**
 * Writes to one socket. Acks and messages that come together share a frame, and keep their order; a reader that is
 * too slow is closed and catches up when it comes back.
 */
export class FrameWriter {
  readonly #socket: SocketPort;
  #batches: Batch[] = [];
  #scheduled = false;

  constructor(socket: SocketPort) {
    this.#socket = socket;
  }

  /** Acknowledges a message of this socket's. */
  ack(ack: Ack): void {
    const last = this.#batches.at(-1);
    if (last?.type === "acks") last.acks.push(ack);
    else this.#batches.push({ type: "acks", acks: [ack] });
    this.#schedule();
  }

  /** Tells a message that is new or has changed. */
  message(message: Message): void {
    const last = this.#batches.at(-1);
    if (last?.type === "messages") last.messages.push(message);
    else this.#batches.push({ type: "messages", messages: [message] });
    this.#schedule();
  }

  /** Sends a frame after everything that came before it. */
  frame(frame: ServerFrame): void {
    this.#flush();
    this.#send(frame);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // All that one commit brings is told in microtasks before this one.
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const batches = this.#batches;
    if (batches.length === 0) return;
    this.#batches = [];
    for (const batch of batches) this.#send(batch.type === "acks" ? batch : withRev(batch.messages));
  }

  #send(frame: ServerFrame): void {
    if (!this.#socket.isOpen) return;
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#socket.close(CloseCode.overloaded, "reading too slowly");
      return;
    }
    this.#socket.send(JSON.stringify(frame));
  }
}

function withRev(messages: readonly Message[]): ServerFrame {
  return {
    type: "messages",
    messages,
    rev: messages.reduce((highest, { rev }) => Math.max(highest, rev), 0),
  };
}
