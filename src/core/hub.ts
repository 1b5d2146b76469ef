import type { Uuid } from "./id_type.ts";
import type { Message, Side } from "./message.ts";
import type { Logger } from "./ports.ts";

/** Something that happened in a connection, told after it is durable. */
export type ConnectionEvent =
  | {
    /** A message is new or changed. Events of one connection come in the order of their `rev`s. */
    readonly type: "message";
    readonly message: Message;
    /** What the sender passed along to recognise its own. */
    readonly token?: object;
  }
  | {
    /** The other service has everything that `side` sent up to `seq`, or its client has read it. */
    readonly type: "delivered" | "read";
    /** The side whose messages arrived or were read. */
    readonly side: Side;
    readonly seq: number;
  }
  | {
    /** Someone is typing. Not stored. */
    readonly type: "typing";
    readonly side: Side;
    readonly name: string;
  };

/** Receives the events of one connection. What it throws, or rejects with, is logged and disturbs nobody; nothing waits for it. */
export type ConnectionListener = (event: ConnectionEvent) => void;

/** Carries events to whoever listens; one process needs no more than {@link LocalHub}. */
export interface Hub {
  /** Tells everybody who listens to the connection. */
  publish(uid: Uuid, event: ConnectionEvent): void;
  /** Gives the function that ends the subscription. */
  subscribe(uid: Uuid, listener: ConnectionListener): () => void;
}

/** Publish/subscribe within one process. A publish costs what the connection has listeners. */
export class LocalHub implements Hub {
  readonly #listeners = new Map<Uuid, Set<ConnectionListener>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  publish(uid: Uuid, event: ConnectionEvent): void {
    const listeners = this.#listeners.get(uid);
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        // It may be async, whatever its type says.
        const heard: unknown = listener(event);
        if (heard instanceof Promise) heard.catch((error) => this.#report(uid, event, error));
      } catch (error) {
        this.#report(uid, event, error);
      }
    }
  }

  #report(uid: Uuid, event: ConnectionEvent, error: unknown): void {
    this.#logger.error("A listener of a connection threw", { uid, event: event.type, error });
  }

  subscribe(uid: Uuid, listener: ConnectionListener): () => void {
    const listeners = this.#listeners.get(uid) ?? new Set();
    this.#listeners.set(uid, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(uid) === listeners) this.#listeners.delete(uid);
    };
  }
}
