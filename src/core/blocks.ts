import { refuse } from "./check.ts";
import { ChatBoxError } from "./errors.ts";
import type { Uuid } from "./id_type.ts";
import type { JsonValue } from "./json.ts";
import { LruMap } from "./lru.ts";
import { OrderedLookup } from "./ordered_lookup.ts";
import type { Side } from "./message.ts";
import type { Clock, Store } from "./ports.ts";
import type { UnderWay } from "./under_way.ts";

const CACHED = 20_000;

/** Stands for "until further notice" in a property: JSON has no Infinity. */
const FOR_EVER = "for ever";

/** The properties in which it is kept who is blocked. */
const RESERVED: Readonly<Record<Side, string>> = { 1: "blocked by 2", 2: "blocked by 1" };

/** Whether a property is the library's own. */
export function isReserved(key: string): boolean {
  return key === RESERVED[1] || key === RESERVED[2];
}

/** Throws for a property that nobody else may set: it would block the conversation, or let a blocked client in. */
export function refuseReserved(action: string, key: string): void {
  if (!isReserved(key)) return;
  refuse(action, "a key", key, "is any text but that, which is kept for setBlocked");
}

/** Who wants to hear nothing from whom, kept in the connection's properties. */
export class Blocks {
  readonly #store: Store;
  readonly #clock: Clock;
  /** Until when each side is blocked, Unix milliseconds; 0 for who is not. */
  readonly #until: Readonly<Record<Side, LruMap<Uuid, number>>> = {
    1: new LruMap(CACHED),
    2: new LruMap(CACHED),
  };

  readonly #lookups: Readonly<Record<Side, OrderedLookup<Uuid, number>>>;

  constructor(store: Store, clock: Clock, underWay: UnderWay) {
    this.#store = store;
    this.#clock = clock;
    const lookup = (side: Side): OrderedLookup<Uuid, number> =>
      new OrderedLookup({
        known: (uid) => this.#until[side].get(uid),
        ask: (uid) => this.until(side, uid),
        underWay,
      });
    this.#lookups = { 1: lookup(1), 2: lookup(2) };
  }

  /**
   * Does what a client wants, unless it is blocked. What is known costs no turn of the event loop; while it has to be read, what
   * comes later waits behind what came first.
   *
   * @param side of the client
   * @throws {ChatBoxError} `blocked`
   */
  whenOpen<T>(side: Side, uid: Uuid, action: string, work: () => Promise<T>): Promise<T> {
    return this.#lookups[side].run(uid, (until) => this.#left(until) > 0 ? reject(action) : work());
  }

  /** Until when a client is blocked, in Unix milliseconds: 0 for one who is not, Infinity until further notice. */
  async until(side: Side, uid: Uuid): Promise<number> {
    const known = this.#until[side].get(uid);
    if (known !== undefined) return this.#left(known);
    const properties = new Map(Object.entries(await this.#store.properties(uid)));
    const until = read(properties.get(RESERVED[side]));
    // A change that was made meanwhile is newer than what was read.
    const newer = this.#until[side].get(uid);
    if (newer === undefined) this.#until[side].set(uid, until);
    return this.#left(newer ?? until);
  }

  #left(until: number): number {
    // Almost nobody is blocked, and the time would be looked up for every message.
    return until > 0 && until > this.#clock.now() ? until : 0;
  }

  /** Blocks the client of a side until a time, or lets it in again with 0. Resolves when it is on disk. */
  async set(side: Side, uid: Uuid, until: number): Promise<void> {
    const value = until === 0 ? undefined : until === Infinity ? FOR_EVER : until;
    await this.#store.setProperties(uid, new Map([[RESERVED[side], value]]));
    this.#until[side].set(uid, until);
  }

  /** Forgets what it has read, of one connection or of all: the store has changed behind its back. */
  forget(uid?: Uuid): void {
    for (const side of [1, 2] as const) {
      if (uid === undefined) this.#until[side].clear();
      else this.#until[side].delete(uid);
    }
  }
}

function reject(action: string): Promise<never> {
  return Promise.reject(new ChatBoxError("blocked", `Cannot ${action}: this conversation is blocked`));
}

function read(value: JsonValue | undefined): number {
  if (value === FOR_EVER) return Infinity;
  return typeof value === "number" ? value : 0;
}
