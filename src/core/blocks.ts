import { ChatBoxError } from "./errors.ts";
import type { Uuid } from "./id_type.ts";
import type { JsonValue } from "./json.ts";
import { LruMap } from "./lru.ts";
import { otherSide, type Side } from "./message.ts";
import type { Clock, Store } from "./ports.ts";

const CACHED = 20_000;

/** Stands for "until further notice" in a property: JSON has no Infinity. */
const FOR_EVER = "for ever";

/** Who wants to hear nothing from whom, kept in the connection's properties. */
export class Blocks {
  readonly #store: Store;
  readonly #clock: Clock;
  /** Until when each side is blocked, Unix milliseconds; 0 for who is not. */
  readonly #until: Readonly<Record<Side, LruMap<Uuid, number>>> = {
    1: new LruMap(CACHED),
    2: new LruMap(CACHED),
  };

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Refuses what a blocked client wants to do. Asked for every message: what is known costs no turn of the event loop.
   *
   * @param side of the client
   * @returns nothing when the answer is at hand
   * @throws {ChatBoxError} `blocked`
   */
  demandOpen(side: Side, uid: Uuid, action: string): Promise<void> | undefined {
    const known = this.#until[side].get(uid);
    if (known === undefined) return this.until(side, uid).then((until) => this.#demand(until, action));
    this.#demand(known, action);
    return undefined;
  }

  #demand(until: number, action: string): void {
    if (until > this.#clock.now()) {
      throw new ChatBoxError("blocked", `Cannot ${action}: this conversation is blocked`);
    }
  }

  /** Until when a client is blocked, in Unix milliseconds: 0 for one who is not, Infinity until further notice. */
  async until(side: Side, uid: Uuid): Promise<number> {
    const known = this.#until[side].get(uid);
    if (known !== undefined) return this.#left(known);
    const properties = new Map(Object.entries(await this.#store.properties(uid)));
    const until = read(properties.get(propertyOf(side)));
    // A change that was made meanwhile is newer than what was read.
    const newer = this.#until[side].get(uid);
    if (newer === undefined) this.#until[side].set(uid, until);
    return this.#left(newer ?? until);
  }

  #left(until: number): number {
    return until > this.#clock.now() ? until : 0;
  }

  /** Blocks the client of a side until a time, or lets it in again with 0. Resolves when it is on disk. */
  async set(side: Side, uid: Uuid, until: number): Promise<void> {
    const value = until === 0 ? undefined : until === Infinity ? FOR_EVER : until;
    await this.#store.setProperties(uid, new Map([[propertyOf(side), value]]));
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

function propertyOf(side: Side): string {
  return `blocked by ${otherSide(side)}`;
}

function read(value: JsonValue | undefined): number {
  if (value === FOR_EVER) return Infinity;
  return typeof value === "number" ? value : 0;
}
