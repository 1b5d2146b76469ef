import { abortable, unlessAborted } from "../abortable.ts";
import type { WaitOptions } from "../async_queue.ts";
import { checkFields, checkUid } from "../check.ts";
import type { Connection } from "../connection.ts";
import { ChatBoxError } from "../errors.ts";
import type { Uuid } from "../id_type.ts";
import type { WorkerParts } from "./parts.ts";

/**
 * Options of {@link ServiceWorker.accessNewClient}.
 *
 * @example Only who is known
 * ```ts
 * import { type AccessOptions, ChatBox, string } from "@chatbox50/chatbox50/core";
 * import { rejects } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * const options: AccessOptions = { create: false };
 * await rejects(box.worker1.accessNewClient("stranger", options), { code: "not_found" });
 * ```
 */
export interface AccessOptions {
  /** Whether an unknown client is registered; true when left out. */
  readonly create?: boolean;
  /** The connection's own id if it is made now; a random one when left out. */
  readonly uid?: Uuid;
  /** Ends the waiting; a registration that has begun goes on. */
  readonly signal?: AbortSignal;
}

/** Clients that come, go, and get their partner on the other side. */
export class WorkerAccess<Id> {
  readonly #parts: WorkerParts;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  /** See {@link ServiceWorker.accessNewClient}. */
  async access(id: Id | undefined, options: AccessOptions): Promise<Id> {
    const { service, exchange } = this.#parts;
    const { create = true, uid, signal } = checkFields("access a client", "the options", options);
    if (uid !== undefined) checkUid("access a client", uid);
    signal?.throwIfAborted();
    const encoded = service.idType.encode(id ?? this.#newId());
    await abortable(exchange.access(service.side, encoded, create, uid), signal);
    return service.idType.decode(encoded) as Id;
  }

  #newId(): Uuid {
    const { service: { name, idType }, ids } = this.#parts;
    if (idType.name !== "uuid") {
      throw new TypeError(
        `Cannot make an id for ${name}: its ids are of type ${idType.name}, only a uuid can be made`,
      );
    }
    return ids();
  }

  /** The client with this encoded id is gone for now: from this step on, when it is at hand. */
  async deactivate(encoded: string): Promise<void> {
    const { service, exchange } = this.#parts;
    await exchange.setActive(service.side, encoded, false);
  }

  /** See {@link ServiceWorker.pair}. */
  async pair({ uid }: Connection, { signal }: WaitOptions): Promise<Id> {
    const { directory, service } = this.#parts;
    const record = await unlessAborted(signal, () => directory.pair(uid, service.side));
    const encoded = record.ids[service.side];
    if (encoded === null) throw new ChatBoxError("create_failed", `Cannot pair connection ${uid}`);
    return service.idType.decode(encoded) as Id;
  }

  /** See {@link ServiceWorker.unpair}. */
  async unpair(id: Id, { signal }: WaitOptions): Promise<void> {
    const { directory, service } = this.#parts;
    await unlessAborted(signal, () => directory.unpair(service.side, service.idType.encode(id)));
  }
}
