import type { CallbackWatch } from "./callback_watch.ts";
import type { DeliveryBatch, DeliveryKind, ReceivedMessageCallback } from "./delivery.ts";
import { DeliveryGivenBack } from "./delivery_given_back.ts";
import { PermanentDeliveryError } from "./errors.ts";
import type { Message } from "./message.ts";
import type { Store } from "./ports.ts";
import type { BatchReceiver, Service } from "./service.ts";

const NO_IDS: readonly string[] = [];

/** Feeds a callback for single messages from batches: changes first, then new messages, each confirmed when it returns. */
export function deliverOneByOne<Id>(
  { side, name }: Service,
  store: Store,
  watch: CallbackWatch,
  callback: ReceivedMessageCallback<Id>,
): BatchReceiver<Id> {
  return async (batch, isWanted) => {
    const last = batch.messages.at(-1);
    for (const message of batch.changes) {
      const kind = message.deletedAt === undefined ? "edit" : "delete";
      const remoteIds = await store.remoteIds(message.uid, side, message.seq);
      if (!isWanted()) throw new DeliveryGivenBack(true);
      await attempt(batch, message, kind, remoteIds);
      if (message.rev < batch.rev || last !== undefined) await batch.confirm({ rev: message.rev });
    }
    for (const message of batch.messages) {
      if (!isWanted()) throw new DeliveryGivenBack(true);
      const outcome = attempt(batch, message, "message", NO_IDS);
      const ids = outcome instanceof Promise ? await outcome : outcome;
      const { seq } = message;
      const progress = message === last ? { seq, rev: batch.rev } : { seq };
      await batch.confirm(ids.length > 0 ? { ...progress, remoteIds: [{ seq, ids }] } : progress);
    }
  };

  /** Calls back; without a promise when the callback makes none: this is done for every message. */
  function attempt(
    batch: DeliveryBatch<Id>,
    message: Message,
    kind: DeliveryKind,
    remoteIds: readonly string[],
  ): readonly string[] | Promise<readonly string[]> {
    const { id, connection, attempt, signal } = batch;
    try {
      const outcome = watch.watch(
        { callback: "received", service: name, uid: message.uid },
        () => callback(message, { id, connection, kind, remoteIds, attempt, signal }),
      );
      if (!(outcome instanceof Promise)) return idsOf(outcome);
      return outcome.then(idsOf, (error) => refused(batch, message, error));
    } catch (error) {
      return refused(batch, message, error);
    }
  }
}

/** What is refused for good is marked, and the next one has its turn. */
async function refused<Id>(
  batch: DeliveryBatch<Id>,
  message: Message,
  error: unknown,
): Promise<readonly string[]> {
  if (!(error instanceof PermanentDeliveryError)) throw error;
  await batch.fail([message], error);
  return NO_IDS;
}

function idsOf(result: void | string | readonly string[]): readonly string[] {
  return typeof result === "string" ? [result] : result ?? NO_IDS;
}
