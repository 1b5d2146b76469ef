import type { Clock, IdSource, Logger, Store } from "./ports.ts";
import type { ServiceOptions } from "./service.ts";

/**
 * Options of a {@link ChatBox}.
 *
 * @example Everything that can be said
 * ```ts
 * import { ChatBox, type ChatBoxOptions, MemoryStore, silentLogger, string, type Uuid } from "@chatbox50/chatbox50/core";
 * import { equal, throws } from "node:assert/strict";
 *
 * const options: ChatBoxOptions<Uuid, string> = {
 *   name: "example",
 *   service1: { name: "shop" },
 *   service2: { name: "desk", idType: string },
 *   store: new MemoryStore(),
 *   logger: silentLogger,
 *   retryBaseMs: 100,
 *   retryMaxMs: 10_000,
 *   callbackTimeoutMs: 5_000,
 * };
 * await using box = new ChatBox(options);
 * equal(box.worker2.name, "desk");
 * throws(() => new ChatBox({ ...options, retryBaseMs: -1 }), { code: "bad_value" });
 * ```
 */
export interface ChatBoxOptions<Id1, Id2> {
  /** Names the box in logs, and its file where the store is a file. */
  readonly name: string;
  /** The first service; its door is {@link ChatBox.worker1}. */
  readonly service1: ServiceOptions<Id1>;
  /** The second service; its door is {@link ChatBox.worker2}. */
  readonly service2: ServiceOptions<Id2>;
  /** Where everything is kept. */
  readonly store?: Store;
  /** Keeps everything in memory instead; false when left out. */
  readonly debug?: boolean;
  /** Silent when left out. */
  readonly logger?: Logger;
  /** The real time when left out. */
  readonly clock?: Clock;
  /** Random UUIDs when left out. */
  readonly ids?: IdSource;
  /** Numbers from 0 to below 1 for jitter; `Math.random` when left out. */
  readonly random?: () => number;
  /** The longest first wait after a failed delivery, in milliseconds; 500 when left out. */
  readonly retryBaseMs?: number;
  /** The longest wait between attempts, in milliseconds; 60,000 when left out. */
  readonly retryMaxMs?: number;
  /**
   * After how many milliseconds a callback that has not settled is reported to the logger; 60,000 when left out, `Infinity` for
   * never. It is not called off: its connection waits for it, the others go on.
   */
  readonly callbackTimeoutMs?: number;
  /**
   * For how many milliseconds {@link ChatBox.close} waits for callbacks that have not settled; 10,000 when left out, `Infinity` for as
   * long as it takes.
   */
  readonly closeTimeoutMs?: number;
}
