/**
 * How far a delivery has come.
 *
 * @example Half of it has arrived
 * ```ts
 * import { type DeliveryProgress, MemoryStore, randomUuid } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const [store, uid] = [new MemoryStore(), randomUuid()];
 * await store.createConnection({ uid, ids: { 1: "ada", 2: null }, at: 1 });
 * for (const content of ["first", "second"]) {
 *   await store.append(uid, { side: 1, draft: { content }, at: 1, targets: [2] });
 * }
 * const progress: DeliveryProgress = { seq: 1, remoteIds: [{ seq: 1, ids: ["post 1"] }] };
 * await store.confirm(uid, 2, progress);
 * const { messages } = await store.deliverable(uid, 2, 10, false);
 * deepEqual(messages.map(({ content }) => content), ["second"]);
 * ```
 */
export interface DeliveryProgress {
  /** All new messages up to this `seq` have arrived. */
  readonly seq?: number;
  /** All changes up to this `rev` have arrived. */
  readonly rev?: number;
  /** The ids that messages have in the receiving service; they replace earlier ones of the same `seq`. */
  readonly remoteIds?: readonly RemoteIds[];
}

/**
 * The ids that one message has in a service, in the order of its parts.
 *
 * @example A message that needed two posts
 * ```ts
 * import { MemoryStore, randomUuid, type RemoteIds } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const [store, uid] = [new MemoryStore(), randomUuid()];
 * await store.createConnection({ uid, ids: { 1: "ada", 2: null }, at: 1 });
 * await store.append(uid, { side: 1, draft: { content: "long" }, at: 1, targets: [2] });
 * const parts: RemoteIds = { seq: 1, ids: ["post 1", "post 2"] };
 * await store.confirm(uid, 2, { seq: 1, remoteIds: [parts] });
 * equal((await store.findRemote(uid, 2, "post 2"))?.content, "long");
 * ```
 */
export interface RemoteIds {
  /** The message. */
  readonly seq: number;
  /** Its ids, one for each part. */
  readonly ids: readonly string[];
}
