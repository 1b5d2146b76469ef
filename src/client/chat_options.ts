/**
 * How a chat client is made, and what goes along with a message.
 *
 * @module
 */
import type { FileInfo } from "../web/protocol.ts";
import type { PageInfo } from "./hello.ts";
import type { Clock, KeyValueStorage, Random, SocketFactory } from "./ports.ts";

/** How a `ChatClient` is made. */
export interface ChatClientOptions {
  /** The WebSocket's address, see `webSocketUrl`. */
  readonly url: string;
  /** What the visitor's tabs share. */
  readonly storage: KeyValueStorage;
  /** Opens sockets. Default: the real `WebSocket`. */
  readonly connect?: SocketFactory;
  /** Time. Default: the machine's. */
  readonly clock?: Clock;
  /** Ids and jitter. Default: `crypto` and `Math.random`. */
  readonly random?: Random;
  /** Where the visitor is, told to staff. Asked at each `hello`. */
  readonly page?: () => PageInfo;
  /** The visitor's language, e.g. `de-AT`. */
  readonly locale?: string;
  /** What the keys in the storage begin with. Default: `chatbox50`. */
  readonly prefix?: string;
  /** This tab's id, the same after a reload if possible. Without dots. Default: a random one. */
  readonly tab?: string;
  /** Whether anybody can see the page. Default: always. */
  readonly visible?: () => boolean;
  /** How long a visible page bears silence before it asks whether the server is there; 0: forever. Default: 45 s. */
  readonly probeIntervalMs?: number;
  /** Messages without an answer at once. More is faster; fewer keep their order when the server refuses one. Default: 8. */
  readonly maxInFlight?: number;
}

/** What may go along with a message. */
export interface SendOptions {
  /** The `seq` of the message that this one answers. */
  readonly replyTo?: number;
  /** Uploaded files. */
  readonly files?: readonly FileInfo[];
}
