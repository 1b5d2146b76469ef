import type { Uuid } from "./id_type.ts";
import type { Message, Side } from "./message.ts";
import type { Logger } from "./ports.ts";
import { isThenable } from "./thenable.ts";

/**
 * Something that happened in a connection, told after it is durable.
 *
 * @example What a page shows
 * ```ts
 * import type { ConnectionEvent } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * function words(event: ConnectionEvent): string {
 *   switch (event.type) {
 *     case "message":
 *       return event.message.content;
 *     case "typing":
 *       return `${event.name} is typing`;
 *     case "delivered":
 *     case "read":
 *       return `${event.type} up to ${event.seq}`;
 *   }
 * }
 * equal(words({ type: "read", side: 1, seq: 3 }), "read up to 3");
 * ```
 */
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

/**
 * Receives the events of one connection. What it throws, or rejects with, is logged and disturbs nobody; nothing waits for it.
 *
 * @example Everything that happens from now on
 * ```ts
 * import { ChatBox, type ConnectionListener, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const heard: string[] = [];
 * const listener: ConnectionListener = ({ type }) => heard.push(type);
 * const unsubscribe = (await box.worker1.connectionOf("ada"))?.subscribe(listener);
 * await box.worker1.getMessageSender("ada")("Hello");
 * await box.worker1.typing("ada", "Ada");
 * unsubscribe?.();
 * await box.worker1.getMessageSender("ada")("again");
 * deepEqual(heard, ["message", "typing"]);
 * ```
 */
export type ConnectionListener = (event: ConnectionEvent) => void;

/**
 * Carries events to whoever listens; one process needs no more than {@link LocalHub}.
 *
 * @example One that counts
 * ```ts
 * import { type ConnectionEvent, type ConnectionListener, type Hub, randomUuid } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * class CountingHub implements Hub {
 *   readonly #listeners = new Map<string, ConnectionListener>();
 *   published = 0;
 *
 *   publish(uid: string, event: ConnectionEvent): void {
 *     this.published++;
 *     this.#listeners.get(uid)?.(event);
 *   }
 *
 *   subscribe(uid: string, listener: ConnectionListener): () => void {
 *     this.#listeners.set(uid, listener);
 *     return () => void this.#listeners.delete(uid);
 *   }
 * }
 * const hub = new CountingHub();
 * hub.publish(randomUuid(), { type: "typing", side: 1, name: "Ada" });
 * equal(hub.published, 1);
 * ```
 */
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
        if (isThenable(heard)) heard.then(undefined, (error) => this.#report(uid, event, error));
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
