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

  /** The last one for each that waits until it is known. */
  readonly #asking: Readonly<Record<Side, Map<Uuid, Promise<void>>>> = { 1: new Map(), 2: new Map() };

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Does what a client wants, unless it is blocked. What is known costs no turn of the event loop; while it has to be read, what
   * comes later waits behind what came first.
   *
   * @param side of the client
   * @throws {ChatBoxError} `blocked`
   */
  whenOpen<T>(side: Side, uid: Uuid, action: string, work: () => Promise<T>): Promise<T> {
    const asking = this.#asking[side];
    const before = asking.get(uid);
    const known = before === undefined ? this.#until[side].get(uid) : undefined;
    if (known !== undefined) {
      this.#demand(known, action);
      return work();
    }
    const begun = (before ?? Promise.resolve()).then(() => this.until(side, uid)).then((until) => {
      this.#demand(until, action);
      return { result: work() };
    });
    const turn = begun.then(() => {}, () => {}).then(() => {
      if (asking.get(uid) === turn) asking.delete(uid);
    });
    asking.set(uid, turn);
    return begun.then(({ result }) => result);
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
