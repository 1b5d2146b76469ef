import type {
  DeliveryBatch,
  DeliveryKind,
  ReceivedBatchCallback,
  ReceivedMessageCallback,
} from "./delivery.ts";
import type { Message, Side } from "./message.ts";
import type { Store } from "./ports.ts";

/** Feeds a callback for single messages from batches: changes first, then new messages, each confirmed when it returns. */
export function deliverOneByOne<Id>(
  side: Side,
  store: Store,
  callback: ReceivedMessageCallback<Id>,
): ReceivedBatchCallback<Id> {
  return async (batch) => {
    for (const message of batch.changes) {
      await call(batch, message, message.deletedAt === undefined ? "edit" : "delete");
      await batch.confirm({ rev: message.rev });
    }
    for (const message of batch.messages) {
      const ids = await call(batch, message, "message");
      await batch.confirm({
        seq: message.seq,
        ...(ids.length > 0 && { remoteIds: [{ seq: message.seq, ids }] }),
      });
    }
  };

  async function call(
    batch: DeliveryBatch<Id>,
    message: Message,
    kind: DeliveryKind,
  ): Promise<readonly string[]> {
    const { id, connection, attempt, signal } = batch;
    const remoteIds = kind === "message" ? [] : await store.remoteIds(message.uid, side, message.seq);
    const result = await callback(message, { id, connection, kind, remoteIds, attempt, signal });
    if (typeof result === "string") return [result];
    return result ?? [];
  }
}
