import { CID_WINDOW } from "../core/mod.ts";

/** The `cid`s of one side's last messages. Two generations, so that forgetting the old ones costs nothing; none until needed. */
export class RecentCids {
  #young: Map<string, number> | undefined;
  #old: Map<string, number> | undefined;
  #youngFrom = 0;

  /** How many it holds. */
  get size(): number {
    return (this.#young?.size ?? 0) + (this.#old?.size ?? 0);
  }

  /** Notes a message's `cid`; `seq` grows from call to call. */
  add(cid: string, seq: number): void {
    if (this.#young === undefined || seq - this.#youngFrom >= CID_WINDOW) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngFrom = seq;
    }
    this.#young.set(cid, seq);
  }

  /** The message with this `cid` among the conversation's last ones. */
  find(cid: string, lastSeq: number): number | undefined {
    const seq = this.#young?.get(cid) ?? this.#old?.get(cid);
    return seq !== undefined && seq > lastSeq - CID_WINDOW ? seq : undefined;
  }
}
