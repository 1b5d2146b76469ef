/**
 * Tells whether the tab that left something in the shared storage is still there.
 *
 * A tab with something in the storage renews a life sign; what lies there of a tab that gives none is orphaned (its page
 * was reloaded, closed or killed), and the next tab may adopt it.
 *
 * @module
 */
import type { Clock, KeyValueStorage } from "./ports.ts";

/** How often a tab that keeps something says that it lives. */
const BEAT_MS = 5_000;
/** After this long without a sign it is gone. Timers of hidden tabs run once a minute. */
const DEAD_MS = 75_000;

/** One tab's life sign, and its look at those of others. */
export class TabLife {
  /** This tab's id, without dots. */
  readonly id: string;
  readonly #storage: KeyValueStorage;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #keepers = new Set<object>();
  /** Signs from after now, and when they were first seen: the clock was set back. Only a new sign shows life then. */
  readonly #fromAhead = new Map<string, { readonly beat: number; readonly seenAt: number }>();
  #cancelBeat: (() => void) | null = null;

  /**
   * @param storage What the tabs share.
   * @param clock For the life sign.
   * @param prefix What all keys begin with.
   * @param id This tab's id.
   */
  constructor(storage: KeyValueStorage, clock: Clock, prefix: string, id: string) {
    this.id = id;
    this.#storage = storage;
    this.#clock = clock;
    this.#prefix = prefix;
  }

  /** Says that the tab lives, for as long as `keeper` has something in the storage. */
  begin(keeper: object): void {
    this.#keepers.add(keeper);
    if (this.#cancelBeat === null) this.#beat();
  }

  /** `keeper` has nothing in the storage any more, or leaves it to the next tab. */
  end(keeper: object): void {
    this.#keepers.delete(keeper);
    if (this.#keepers.size > 0) return;
    this.#cancelBeat?.();
    this.#cancelBeat = null;
    this.#storage.remove(this.#key(this.id));
  }

  /** Whether what this tab left is its own affair. A tab that kept its id over a reload finds its own at once. */
  lives(tab: string): boolean {
    if (tab === this.id) return false;
    const beat = Number(this.#storage.get(this.#key(tab)) ?? 0);
    const now = this.#clock.now();
    if (beat <= now) return now - beat < DEAD_MS;
    const seen = this.#fromAhead.get(tab);
    if (seen?.beat === beat) return now - seen.seenAt < DEAD_MS;
    this.#fromAhead.set(tab, { beat, seenAt: now });
    return true;
  }

  #beat(): void {
    this.#storage.set(this.#key(this.id), String(this.#clock.now()));
    this.#cancelBeat = this.#clock.setTimer(() => this.#beat(), BEAT_MS);
  }

  #key(tab: string): string {
    return `${this.#prefix}.tab.${tab}`;
  }
}
