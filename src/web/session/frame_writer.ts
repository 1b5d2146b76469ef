import type { Clock } from "../../core/mod.ts";
import type { Ack, Message, ServerFrame } from "../protocol.ts";
import type { SocketPort } from "./socket_port.ts";

/** A socket with more than this unsent, in bytes, reads too slowly. */
const MAX_UNSENT_BYTES = 1024 * 1024;

/** A socket with more than this unsent, in bytes, is busy: what comes meanwhile is gathered into fewer frames. */
const BUSY_BYTES = 64 * 1024;

/** How soon a busy socket is looked at again, in milliseconds; a WebSocket does not tell when it has sent. */
const BUSY_RETRY_MS = 25;

/** What a waiting entry weighs besides its text: names of fields, numbers, quotes. */
const ENTRY_BYTES = 256;

type Content =
  | { readonly type: "acks"; readonly acks: Ack[] }
  | { readonly type: "messages"; readonly messages: Map<number, Message> }
  | { readonly type: "text"; readonly text: string };

interface Entry {
  readonly content: Content;
  /** About how much it weighs. */
  bytes: number;
}

/**
 * Writes to one socket, in the order of the calls. Acks and messages that come together share a frame; while the socket is busy they are
 * gathered, a message in its last state only. A reader that is too slow is closed, and catches up when it comes back.
 */
export class FrameWriter {
  readonly #socket: SocketPort;
  readonly #clock: Clock;
  readonly #onTooSlow: () => void;
  #waiting: Entry[] = [];
  #waitingBytes = 0;
  #scheduled = false;

  /** @param onTooSlow called when the reader is too slow; closes the socket */
  constructor(socket: SocketPort, clock: Clock, onTooSlow: () => void) {
    this.#socket = socket;
    this.#clock = clock;
    this.#onTooSlow = onTooSlow;
  }

  /** Acknowledges a message of this socket's. */
  ack(ack: Ack): void {
    const last = this.#waiting.at(-1)?.content;
    if (last?.type === "acks") last.acks.push(ack);
    else this.#push({ type: "acks", acks: [ack] });
    this.#grow(ENTRY_BYTES);
  }

  /** Tells a message that is new or has changed. */
  message(message: Message): void {
    const last = this.#waiting.at(-1)?.content;
    if (last?.type === "messages") {
      // A later state takes the later place, so that the revs of a frame grow.
      last.messages.delete(message.seq);
      last.messages.set(message.seq, message);
    } else {
      this.#push({ type: "messages", messages: new Map([[message.seq, message]]) });
    }
    const nodes = message.nodes === undefined ? 0 : JSON.stringify(message.nodes).length;
    this.#grow(message.content.length + nodes + ENTRY_BYTES);
  }

  /** Sends a frame after everything that came before it. Typing is not worth waiting for. */
  frame(frame: ServerFrame): void {
    if (this.#waiting.length > 0) this.#flush();
    if (this.#waiting.length === 0 && !this.#isBusy) {
      this.#sendText(JSON.stringify(frame));
    } else if (frame.type !== "typing") {
      // As text, because a page of history weighs up to half a megabyte: a few of them are all that may wait.
      const text = JSON.stringify(frame);
      this.#push({ type: "text", text });
      this.#grow(text.length + ENTRY_BYTES);
    }
  }

  get #isBusy(): boolean {
    return this.#socket.bufferedAmount > BUSY_BYTES;
  }

  #push(content: Content): void {
    this.#waiting.push({ content, bytes: 0 });
  }

  /** The last entry has grown. */
  #grow(bytes: number): void {
    const last = this.#waiting.at(-1);
    if (last !== undefined) last.bytes += bytes;
    this.#waitingBytes += bytes;
    // Asking the socket costs: once a turn is enough, until much waits.
    const looks = !this.#scheduled || this.#waitingBytes > BUSY_BYTES;
    if (looks && this.#socket.bufferedAmount + this.#waitingBytes > MAX_UNSENT_BYTES) {
      // One commit may bring that much to a socket that reads well.
      if (this.#isBusy) this.#giveUp();
      else this.#flush();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      // All that one commit brings is told in microtasks before this one.
      queueMicrotask(() => this.#turn());
    }
  }

  #turn(): void {
    this.#scheduled = false;
    this.#flush();
  }

  #flush(): void {
    if (!this.#socket.isOpen) return this.#forget();
    while (!this.#isBusy) {
      const entry = this.#waiting.shift();
      if (entry === undefined) return;
      this.#waitingBytes -= entry.bytes;
      this.#sendText(textOf(entry.content));
    }
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    this.#clock.after(BUSY_RETRY_MS, () => this.#turn());
  }

  #sendText(text: string): void {
    if (!this.#socket.isOpen) return;
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) this.#giveUp();
    else this.#socket.send(text);
  }

  #giveUp(): void {
    this.#forget();
    if (this.#socket.isOpen) this.#onTooSlow();
  }

  #forget(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

function textOf(content: Content): string {
  switch (content.type) {
    case "acks":
      return JSON.stringify(content);
    case "text":
      return content.text;
    case "messages": {
      const messages = [...content.messages.values()];
      return JSON.stringify({ type: "messages", messages, rev: messages.at(-1)?.rev ?? 0 });
    }
  }
}
