import { ChatBoxError, CID_WINDOW, type Message, type Side, type Uuid } from "../core/mod.ts";
import { fromText } from "./text.ts";
import type { Database, Statement } from "./database.ts";
import { RecentCids } from "./recent_cids.ts";

/** How many conversations' heads are kept, and how many `cid`s in all of them together. */
const MAX_HEADS = 20_000;
const MAX_CIDS = 400_000;

/** How many messages of one conversation that wait for a side are kept at hand; beyond it they are read from the table. */
const MAX_TAIL = 32;

/** How many conversations keep marks that are left over: so many are looked at in vain by whoever counts what waits. */
const MAX_LEFTOVERS = 4_096;

/** How far one side has come. */
export interface SideState {
  /** Every message up to this `seq`, and every change up to this `rev`, has been delivered: as on disk. */
  seq: number;
  rev: number;
  read: number;
  /** Nothing before these waits, though the disk's marks are lower: what lies between is not for this side. */
  clearSeq: number;
  clearRev: number;
  /** Whether something may wait: it has all arrived when the marks have come to `dueSeq` and `dueRev`. */
  pending: boolean;
  dueSeq: number;
  dueRev: number;
  /**
   * Whether the disk says so. The mark is set in the transaction of the message and taken away late, because a busy conversation
   * would move it twice for each message; what it says too much is found out by the watermarks, which nothing lies behind then.
   */
  marked: boolean;
  hasNote: boolean;
  /** Whether there is a row at all. */
  stored: boolean;
}

/** Where a conversation stands: what the next message needs to know. Rebuilt from the tables whenever it is not at hand. */
export interface Head {
  readonly uid: Uuid;
  readonly id: number;
  seq: number;
  rev: number;
  /** The `rev` of the last edit, deletion or failure; 0 for none. */
  changedRev: number;
  readonly sides: Readonly<Record<Side, SideState>>;
  /** The newest messages without a gap, kept while a side waits for them. */
  tail: Message[] | undefined;
  /** Loaded with the first message that is written. */
  cids: Record<Side, RecentCids> | undefined;
}

interface HeadRow {
  readonly id: number;
  readonly seq: number;
  readonly rev: number;
  readonly changed_rev: number;
}

interface SideRow {
  readonly side: Side;
  readonly pending: number;
  readonly seq: number;
  readonly rev: number;
  readonly read_seq: number;
  readonly has_note: number;
}

/** The heads of the conversations that were written to lately. */
export class Heads {
  readonly #heads = new Map<Uuid, Head>();
  /** Those with marks that are left over, the longest quiet first. */
  readonly #leftOver = new Set<Head>();
  readonly #find: Statement<HeadRow>;
  readonly #sides: Statement<SideRow>;
  readonly #recent: Statement<{ side: Side; cid: string; seq: number }>;
  #cids = 0;

  constructor(database: Database) {
    this.#find = database.prepare(`
      SELECT o.id, changed_rev,
        max(seq_floor, coalesce((SELECT max(seq) FROM messages WHERE connection_id = o.id), 0)) AS seq,
        max(rev_floor, changed_rev,
          coalesce((SELECT rev FROM messages WHERE connection_id = o.id ORDER BY seq DESC LIMIT 1), 0)) AS rev
      FROM (
        SELECT id, seq_floor, rev_floor,
          coalesce((SELECT max(changed_rev) FROM messages
                    WHERE connection_id = c.id AND changed_rev IS NOT NULL), 0) AS changed_rev
        FROM connections c WHERE uid = ?) o`);
    this.#sides = database.prepare(`
      SELECT side, pending, seq, rev, read_seq, note IS NOT NULL AS has_note FROM deliveries WHERE connection_id = ?`);
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

  /**
   * A mark of this one is left over: it says that something waits, and all has arrived.
   *
   * @returns the one that has been so for longest, when there are too many
   */
  leftOver(head: Head): Head | undefined {
    this.#leftOver.delete(head);
    this.#leftOver.add(head);
    if (this.#leftOver.size <= MAX_LEFTOVERS) return undefined;
    const [oldest] = this.#leftOver;
    if (oldest === undefined) return undefined;
    this.#leftOver.delete(oldest);
    // Loaded anew since, it may be another that knows what waits now.
    return this.#heads.get(oldest.uid) === oldest ? oldest : undefined;
  }

  #load(uid: Uuid): Head {
    const row = this.#find.get(uid);
    if (row === undefined) throw new ChatBoxError("not_found", `Cannot find connection ${uid}: no such uid`);
    const { id, seq, rev, changed_rev } = row;
    const sides = { 1: newSide(), 2: newSide() };
    for (const found of this.#sides.all(id)) {
      const marked = found.pending === 1;
      Object.assign(sides[found.side], {
        seq: found.seq,
        rev: found.rev,
        read: found.read_seq,
        pending: marked && (found.seq < seq || found.rev < rev),
        // Which of it is for the side is not known here; what is not is passed when it is looked at.
        dueSeq: seq,
        dueRev: rev,
        marked,
        hasNote: found.has_note === 1,
        stored: true,
      });
    }
    return { uid, id, seq, rev, changedRev: changed_rev, sides, tail: undefined, cids: undefined };
  }

  /** Notes a stored message, which moves the head. */
  appended(head: Head, message: Message, targets: readonly Side[]): void {
    nothingWaitedFor(head, targets);
    head.seq = message.seq;
    head.rev = message.rev;
    if (message.cid !== undefined) this.#addCid(head, message.side, message.cid, message.seq);
    if (head.tail !== undefined && head.tail.length < MAX_TAIL) head.tail.push(message);
    else if (targets.some((side) => head.sides[side].pending)) head.tail = undefined;
    else head.tail = targets.length === 0 ? undefined : [message];
  }

  /** Lets go of the messages that no side waits for any more. */
  confirmed(head: Head): void {
    if (head.tail === undefined) return;
    const needed = Math.min(neededFrom(head.sides[1]), neededFrom(head.sides[2]));
    if (needed > head.seq) {
      head.tail = undefined;
      return;
    }
    const first = head.tail[0]?.seq ?? needed;
    if (needed > first) head.tail.splice(0, needed - first);
  }

  /** Notes a changed message, which moves the head. */
  changed(head: Head, rev: number, targets: readonly Side[]): void {
    nothingWaitedFor(head, targets);
    head.rev = rev;
    head.changedRev = rev;
    head.tail = undefined;
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

  #addCid(head: Head, side: Side, cid: string, seq: number): void {
    const cids = this.cids(head)[side];
    const before = cids.size;
    cids.add(cid, seq);
    this.#cids += cids.size - before;
    if (this.#cids > MAX_CIDS) this.#shrink();
  }

  /** Forgets the conversations that were loaded first; an active one is simply loaded again. */
  #shrink(): void {
    if (this.#heads.size <= MAX_HEADS && this.#cids <= MAX_CIDS) return;
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
    this.#leftOver.clear();
    this.#cids = 0;
  }
}

/** Up to here, sides for which nothing waits have all that is theirs. */
function nothingWaitedFor(head: Head, sides: readonly Side[]): void {
  for (const side of sides) {
    const state = head.sides[side];
    if (state.pending) continue;
    state.clearSeq = head.seq;
    state.clearRev = head.rev;
  }
}

function neededFrom({ pending, seq, clearSeq }: SideState): number {
  return pending ? Math.max(seq, clearSeq) + 1 : Infinity;
}

function newSide(): SideState {
  return {
    seq: 0,
    rev: 0,
    read: 0,
    clearSeq: 0,
    clearRev: 0,
    pending: false,
    dueSeq: 0,
    dueRev: 0,
    marked: false,
    hasNote: false,
    stored: false,
  };
}

function weight({ cids }: Head): number {
  return cids === undefined ? 0 : cids[1].size + cids[2].size;
}
