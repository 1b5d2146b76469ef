import { unlessAborted } from "../abortable.ts";
import type { WaitOptions } from "../async_queue.ts";
import { checkWhole } from "../check.ts";
import type { Connection } from "../connection.ts";
import type { WorkerParts } from "./parts.ts";

/** Which clients of the other side a service hears nothing from. */
export class WorkerBlocking<Id> {
  readonly #parts: WorkerParts;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  /** See {@link ServiceWorker.setBlocked}. */
  async set(id: Id, until: number | null, { signal }: WaitOptions): Promise<void> {
    const { blocks, exchange, peer, service } = this.#parts;
    if (until !== null && until !== Infinity) checkWhole("block a client", "until", until, 0);
    const encoded = service.idType.encode(id);
    await unlessAborted(
      signal,
      () => exchange.forClient(service.side, encoded, ({ uid }) => blocks.set(peer.side, uid, until ?? 0)),
    );
  }

  /** See {@link ServiceWorker.blockedUntil}. */
  async until(connection: Connection): Promise<number | null> {
    const { blocks, peer } = this.#parts;
    const until = await blocks.until(peer.side, connection.uid);
    return until === 0 ? null : until;
  }

  /** See {@link ServiceWorker.isBlocked}. */
  async isBlocked(connection: Connection): Promise<boolean> {
    const { blocks, directory, service } = this.#parts;
    if (await directory.byUid(connection.uid) === undefined) return false;
    return await blocks.until(service.side, connection.uid) > 0;
  }
}
