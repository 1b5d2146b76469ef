/**
 * Keeps waiting messages in the storage that all tabs share, and takes over those of tabs that are gone.
 *
 * Each tab has keys of its own, one a message. A tab with waiting messages renews a life sign; messages whose
 * tab gives none are orphans (their page was reloaded, closed or killed), and the next tab adopts them. Should
 * two tabs send the same message after all, the server knows it by its `cid`.
 *
 * @module
 */
import { parsePending, type PendingMessage, type StoredPending } from "./pending.ts";
import type { Clock, KeyValueStorage } from "./ports.ts";

/** How often a tab with waiting messages says that it lives. */
const BEAT_MS = 5_000;
/** After this long without a sign it is gone. Timers of hidden tabs run once a minute. */
const DEAD_MS = 75_000;

/** The stored side of one tab's outbox. */
export class OutboxStorage {
  readonly #storage: KeyValueStorage;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #tab: string;
  readonly #kept = new Set<string>();
  #cancelBeat: (() => void) | null = null;
  #owner: string | undefined;

  /**
   * @param storage Where to keep them.
   * @param clock For the life sign.
   * @param prefix What all keys begin with.
   * @param tab This tab's id.
   */
  constructor(storage: KeyValueStorage, clock: Clock, prefix: string, tab: string) {
    this.#storage = storage;
    this.#clock = clock;
    this.#prefix = prefix;
    this.#tab = tab;
  }

  /** Whose messages these are; undefined for everybody who isn't signed in. Others' are left alone. */
  set owner(owner: string | undefined) {
    this.#owner = owner;
  }

  /** Keeps a message, or its new state. */
  keep(message: PendingMessage): void {
    const owner = this.#owner;
    this.#kept.add(message.cid);
    this.#storage.set(
      this.#messageKey(this.#tab, message.cid),
      JSON.stringify(owner === undefined ? message : { ...message, owner }),
    );
    if (this.#cancelBeat === null) this.#beat();
  }

  /** Forgets a message. */
  drop(cid: string): void {
    this.#kept.delete(cid);
    this.#storage.remove(this.#messageKey(this.#tab, cid));
    if (this.#kept.size === 0) this.release();
  }

  /** Leaves what is kept to the next tab: this page is about to go. */
  release(): void {
    this.#cancelBeat?.();
    this.#cancelBeat = null;
    this.#storage.remove(this.#beatKey(this.#tab));
  }

  /**
   * Takes over the messages of tabs that are gone.
   *
   * @returns The messages, now this tab's, oldest first.
   */
  adopt(): PendingMessage[] {
    const adopted = new Map<string, PendingMessage>();
    const root = this.#messageKey("", "").slice(0, -1);
    for (const key of this.#storage.keys(root)) {
      const tab = key.slice(root.length).split(".")[0] ?? "";
      // A tab that kept its id over a reload finds its own messages at once.
      if (tab !== this.#tab && this.#lives(tab)) continue;
      const stored = parsePending(this.#storage.get(key));
      if (stored !== null && stored.owner !== this.#owner) continue;
      const message = stored === null ? null : withoutOwner(stored);
      // First the copy, then the removal: a crash in between leaves two with one cid, not none.
      if (message !== null && !this.#kept.has(message.cid)) {
        adopted.set(message.cid, message);
        this.keep(message);
      }
      if (tab !== this.#tab) this.#storage.remove(key);
    }
    return [...adopted.values()].sort((a, b) => a.at - b.at || a.order - b.order);
  }

  #lives(tab: string): boolean {
    const beat = Number(this.#storage.get(this.#beatKey(tab)) ?? 0);
    return this.#clock.now() - beat < DEAD_MS;
  }

  #beat(): void {
    this.#storage.set(this.#beatKey(this.#tab), String(this.#clock.now()));
    this.#cancelBeat = this.#clock.setTimer(() => this.#beat(), BEAT_MS);
  }

  // Neither tab ids nor cids contain a dot.
  #messageKey(tab: string, cid: string): string {
    return `${this.#prefix}.out.${tab}.${cid}`;
  }

  #beatKey(tab: string): string {
    return `${this.#prefix}.tab.${tab}`;
  }
}

function withoutOwner({ owner: _owner, ...message }: StoredPending): PendingMessage {
  return message;
}
