/**
 * What the headless client needs from the world around it. Browsers, Deno and tests each bring their own.
 *
 * @module
 */

/** What a socket tells its owner. After `close` nothing more is called. */
export interface SocketEvents {
  /** The socket can be written to. */
  readonly open: () => void;
  /** A text frame came in. */
  readonly message: (data: string) => void;
  /** The socket is gone; 1006 when nobody said why. */
  readonly close: (code: number, reason: string) => void;
}

/** An open or opening socket. */
export interface Socket {
  /** Sends a text frame; only called between `open` and `close`. */
  readonly send: (data: string) => void;
  /** Ends the socket; more than one call does no harm. */
  readonly close: (code?: number, reason?: string) => void;
}

/** Opens a socket to `url` and reports to `events`. */
export type SocketFactory = (url: string, events: SocketEvents) => Socket;

/** Time, and waiting for it. */
export interface Clock {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Runs `run` once after `delayMs`; the returned function cancels it. */
  readonly setTimer: (run: () => void, delayMs: number) => () => void;
}

/** Chance. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded), for jitter. */
  readonly fraction: () => number;
  /** An id of 22 characters of `A-Za-z0-9_-` that nobody can guess or repeat. */
  readonly id: () => string;
}

/** Small strings that outlive a page, shared by every tab of the same origin. */
export interface KeyValueStorage {
  /** The value; null when there is none. */
  readonly get: (key: string) => string | null;
  /** Keeps a value. A storage that is full or forbidden keeps it for this page only; it never throws. */
  readonly set: (key: string, value: string) => void;
  /** Forgets a value; that there is none does no harm. */
  readonly remove: (key: string) => void;
  /** All keys that begin with `prefix`. */
  readonly keys: (prefix: string) => readonly string[];
  /** Calls `listener` when another tab changed `key` (null: anything). Returns how to stop. */
  readonly subscribe: (listener: (key: string | null) => void) => () => void;
}
