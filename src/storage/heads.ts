import { ChatBoxError, CID_WINDOW, type Side, type Uuid } from "../core/mod.ts";
import { fromText } from "./text.ts";
import type { Database, Statement } from "./database.ts";

/** How many conversations' heads are kept, and how many `cid`s in all of them together. */
const MAX_HEADS = 20_000;
const MAX_CIDS = 400_000;

/** Where a conversation stands: what the next message needs to know. Rebuilt from the tables whenever it is not at hand. */
export interface Head {
  readonly id: number;
  seq: number;
  rev: number;
  /** Whether the side is marked as having something to deliver. */
  readonly pending: Record<Side, boolean>;
  /** Loaded with the first message that is written. */
  cids: Record<Side, RecentCids> | undefined;
}

/** The `cid`s of one side's last messages. Two generations, so that forgetting the old ones costs nothing. */
export class RecentCids {
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #youngFrom = 0;

  /** How many it holds. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Notes a message's `cid`; `seq` grows from call to call. */
  add(cid: string, seq: number): void {
    if (seq - this.#youngFrom >= CID_WINDOW) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngFrom = seq;
    }
    this.#young.set(cid, seq);
  }

  /** The message with this `cid` among the conversation's last ones. */
  find(cid: string, lastSeq: number): number | undefined {
    const seq = this.#young.get(cid) ?? this.#old.get(cid);
    return seq !== undefined && seq > lastSeq - CID_WINDOW ? seq : undefined;
  }
}

/** The heads of the conversations that were written to lately. */
export class Heads {
  readonly #heads = new Map<Uuid, Head>();
  readonly #find: Statement<{ id: number; seq: number; rev: number }>;
  readonly #pending: Statement<{ side: Side }>;
  readonly #recent: Statement<{ side: Side; cid: string; seq: number }>;
  #cids = 0;

  constructor(database: Database) {
    this.#find = database.prepare(`
      SELECT id,
        max(seq_floor, coalesce((SELECT max(seq) FROM messages WHERE connection_id = c.id), 0)) AS seq,
        max(rev_floor,
          coalesce((SELECT rev FROM messages WHERE connection_id = c.id ORDER BY seq DESC LIMIT 1), 0),
          coalesce((SELECT max(changed_rev) FROM messages
                    WHERE connection_id = c.id AND changed_rev IS NOT NULL), 0)) AS rev
      FROM connections c WHERE uid = ?`);
    this.#pending = database.prepare("SELECT side FROM deliveries WHERE connection_id = ? AND pending = 1");
    this.#recent = database.prepare(`
      SELECT side, cid, seq FROM messages WHERE connection_id = ? AND seq > ? AND cid IS NOT NULL ORDER BY seq`);
  }

  /** @throws {ChatBoxError} `not_found` when there is no such conversation */
  get(uid: Uuid): Head {
    const known = this.#heads.get(uid);
    if (known !== undefined) return known;
    const head = this.#load(uid);
    this.#heads.set(uid, head);
    this.#shrink();
    return head;
  }

  /** The `cid`s of the conversation's last messages. */
  cids(head: Head): Record<Side, RecentCids> {
    if (head.cids !== undefined) return head.cids;
    const cids = head.cids = { 1: new RecentCids(), 2: new RecentCids() };
    for (const { side, cid, seq } of this.#recent.all(head.id, head.seq - CID_WINDOW)) {
      cids[side].add(fromText(cid), seq);
    }
    this.#cids += weight(head);
    this.#shrink();
    return cids;
  }

  #load(uid: Uuid): Head {
    const row = this.#find.get(uid);
    if (row === undefined) throw new ChatBoxError("not_found", `Cannot find connection ${uid}: no such uid`);
    const head: Head = {
      ...row,
      pending: { 1: false, 2: false },
      cids: undefined,
    };
    for (const { side } of this.#pending.all(head.id)) head.pending[side] = true;
    return head;
  }

  /** Notes a stored message's `cid`. */
  addCid(head: Head, side: Side, cid: string, seq: number): void {
    const before = weight(head);
    this.cids(head)[side].add(cid, seq);
    this.#cids += weight(head) - before;
    if (this.#cids > MAX_CIDS) this.#shrink();
  }

  /** Forgets the conversations that were loaded first; an active one is simply loaded again. */
  #shrink(): void {
    for (const [uid, head] of this.#heads) {
      if (this.#heads.size <= MAX_HEADS && this.#cids <= MAX_CIDS) return;
      if (this.#heads.size === 1) return;
      this.#heads.delete(uid);
      this.#cids -= weight(head);
    }
  }

  /** Forgets one conversation. */
  forget(uid: Uuid): void {
    const head = this.#heads.get(uid);
    if (head === undefined) return;
    this.#heads.delete(uid);
    this.#cids -= weight(head);
  }

  /** Forgets everything, after a transaction was taken back. */
  clear(): void {
    this.#heads.clear();
    this.#cids = 0;
  }
}

function weight({ cids }: Head): number {
  return cids === undefined ? 0 : cids[1].size + cids[2].size;
}
