/**
 * Keeps waiting messages in the storage that all tabs share, and takes over those of tabs that are gone.
 *
 * Each tab has keys of its own, one a message. Should two tabs send the same message after all, the server knows it by
 * its `cid`.
 *
 * @module
 */
import { parsePending, type PendingMessage, type StoredPending } from "./pending.ts";
import type { KeyValueStorage } from "./ports.ts";
import type { TabLife } from "./tab_life.ts";

/** The stored side of one tab's outbox. */
export class OutboxStorage {
  readonly #storage: KeyValueStorage;
  readonly #prefix: string;
  readonly #life: TabLife;
  readonly #kept = new Set<string>();
  #owner: string | undefined;

  /**
   * @param storage Where to keep them.
   * @param prefix What all keys begin with.
   * @param life Of this tab, and of the others.
   */
  constructor(storage: KeyValueStorage, prefix: string, life: TabLife) {
    this.#storage = storage;
    this.#prefix = prefix;
    this.#life = life;
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
      this.#messageKey(this.#life.id, message.cid),
      JSON.stringify(owner === undefined ? message : { ...message, owner }),
    );
    this.#life.begin(this);
  }

  /** Forgets a message. */
  drop(cid: string): void {
    this.#kept.delete(cid);
    this.#storage.remove(this.#messageKey(this.#life.id, cid));
    if (this.#kept.size === 0) this.release();
  }

  /** Leaves what is kept to the next tab: this page is about to go. */
  release(): void {
    this.#life.end(this);
  }

  /**
   * Takes over the messages of tabs that are gone.
   *
   * @returns The messages, now this tab's: each tab's in the order in which they were written, whatever the clock did
   *   meanwhile, those of several tabs by the clock.
   */
  adopt(): PendingMessage[] {
    const adopted = new Map<string, PendingMessage[]>();
    const root = this.#messageKey("", "").slice(0, -1);
    for (const key of this.#storage.keys(root)) {
      const tab = key.slice(root.length).split(".")[0] ?? "";
      if (this.#life.lives(tab)) continue;
      const stored = parsePending(this.#storage.get(key));
      if (stored !== null && !this.#isTheirs(stored, tab)) continue;
      const message = stored === null ? null : withoutOwner(stored);
      // First the copy, then the removal: a crash in between leaves two with one cid, not none.
      if (message !== null && !this.#kept.has(message.cid)) {
        adopted.set(tab, [...adopted.get(tab) ?? [], message]);
        this.keep(message);
      }
      if (tab !== this.#life.id) this.#storage.remove(key);
    }
    return merged([...adopted.values()].map((tab) => tab.sort((a, b) => a.order - b.order)));
  }

  /** What somebody wrote in this very tab before the site signed them in goes along, also when that took another page. */
  #isTheirs({ owner }: StoredPending, tab: string): boolean {
    return owner === this.#owner || (owner === undefined && tab === this.#life.id);
  }

  // Neither tab ids nor cids contain a dot.
  #messageKey(tab: string, cid: string): string {
    return `${this.#prefix}.out.${tab}.${cid}`;
  }
}

function withoutOwner({ owner: _owner, ...message }: StoredPending): PendingMessage {
  return message;
}

/** Takes from these queues whichever begins with the oldest. */
function merged(queues: readonly PendingMessage[][]): PendingMessage[] {
  const all: PendingMessage[] = [];
  while (true) {
    const [next] = queues.filter((queue) => queue.length > 0)
      .sort(([a], [b]) => (a?.at ?? 0) - (b?.at ?? 0));
    const message = next?.shift();
    if (message === undefined) return all;
    all.push(message);
  }
}
