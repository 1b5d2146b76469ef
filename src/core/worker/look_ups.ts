import { unlessAborted } from "../abortable.ts";
import type { WaitOptions } from "../async_queue.ts";
import type { Connection } from "../connection.ts";
import type { Message } from "../message.ts";
import type { ConnectionRecord } from "../ports.ts";
import type { Service } from "../service.ts";
import type { WorkerParts } from "./parts.ts";

/** Who is who, and what is where, as one service sees it. */
export class WorkerLookUps<Id, PeerId> {
  readonly #parts: WorkerParts;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  /** See {@link ServiceWorker.connectionOf}. */
  async connectionOf(id: Id): Promise<Connection | undefined> {
    const record = await this.#find(id);
    return record && this.#parts.directory.handle(record.uid);
  }

  /** See {@link ServiceWorker.connectionOfPeer}. */
  async connectionOfPeer(id: PeerId): Promise<Connection | undefined> {
    const { directory, peer } = this.#parts;
    const record = await directory.find(peer.side, peer.idType.encode(id));
    return record && directory.handle(record.uid);
  }

  /** See {@link ServiceWorker.idOf}. */
  async idOf(connection: Connection): Promise<Id | undefined> {
    return await this.#idIn(this.#parts.service, connection) as Id | undefined;
  }

  /** See {@link ServiceWorker.peerIdOf}. */
  async peerIdOf(connection: Connection): Promise<PeerId | undefined> {
    return await this.#idIn(this.#parts.peer, connection) as PeerId | undefined;
  }

  async #idIn({ side, idType }: Service, { uid }: Connection): Promise<unknown> {
    const encoded = (await this.#parts.directory.byUid(uid))?.ids[side];
    return encoded === undefined || encoded === null ? undefined : idType.decode(encoded);
  }

  /** See {@link ServiceWorker.seenAt}. */
  async seenAt({ uid }: Connection): Promise<{ readonly first: number; readonly last: number } | undefined> {
    // The one that is kept in memory does not follow every access.
    const record = await this.#parts.store.connection(uid);
    return record && { first: record.createdAt, last: record.lastSeenAt };
  }

  /** See {@link ServiceWorker.findMessage}. */
  async findMessage(id: Id, remoteId: string): Promise<Message | undefined> {
    const { store, service } = this.#parts;
    const record = await this.#find(id);
    return record && await store.findRemote(record.uid, service.side, remoteId);
  }

  /** See {@link ServiceWorker.remoteIds}. */
  remoteIds({ uid }: Connection, seq: number): Promise<readonly string[]> {
    return this.#parts.store.remoteIds(uid, this.#parts.service.side, seq);
  }

  /** See {@link ServiceWorker.recentIds}. */
  async recentIds(limit: number): Promise<readonly Id[]> {
    const { store, service } = this.#parts;
    const ids = await store.recentIds(service.side, limit);
    return ids.map((id) => service.idType.decode(id) as Id);
  }

  /** See {@link ServiceWorker.cursor}. */
  async cursor(id: Id): Promise<string | undefined> {
    const { store, service } = this.#parts;
    const record = await this.#find(id);
    return record && await store.cursor(record.uid, service.side);
  }

  /** See {@link ServiceWorker.setCursor}. */
  async setCursor(id: Id, cursor: string, { signal }: WaitOptions): Promise<void> {
    const { exchange, store, service } = this.#parts;
    const encoded = service.idType.encode(id);
    await unlessAborted(
      signal,
      () =>
        exchange.forClient(service.side, encoded, ({ uid }) => store.setCursor(uid, service.side, cursor)),
    );
  }

  #find(id: Id): Promise<ConnectionRecord | undefined> {
    const { directory, service } = this.#parts;
    return directory.find(service.side, service.idType.encode(id));
  }
}
