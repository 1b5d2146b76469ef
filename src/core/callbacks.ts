import type { CallbackWatch } from "./callback_watch.ts";
import type { Closing } from "./closing.ts";
import type { Directory } from "./directory.ts";
import type { Uuid } from "./id_type.ts";
import type { Lanes } from "./lanes.ts";
import type { Side } from "./message.ts";
import type { ConnectionRecord, Logger } from "./ports.ts";
import type { PeerSignal, Service } from "./service.ts";

/** What calling back needs. */
export interface CallbacksOptions {
  readonly logger: Logger;
  readonly directory: Directory;
  readonly services: Readonly<Record<Side, Service>>;
  /** One call at a time for each connection of a side, deliveries included. */
  readonly lanes: Readonly<Record<Side, Lanes>>;
  readonly watch: CallbackWatch;
  readonly closing: Closing;
}

/** Accesses of one connection that follow each other with nothing in between: however many, they are one number. */
interface Accesses {
  /** How many are still to be told. */
  count: number;
  /** The newest one's. */
  record: ConnectionRecord;
  /** Its place in the lane. */
  place: object | undefined;
}

/** What a connection's client did while its last signal was still being told; the newest of each kind. */
type Waiting = Map<PeerSignal["type"], PeerSignal>;

/** Calls the services back about what happens on the other side: whatever a callback throws is logged and ends here. */
export class Callbacks {
  readonly #options: CallbacksOptions;
  /** Those at the end of their lane. */
  readonly #accesses: Readonly<Record<Side, Map<Uuid, Accesses>>> = { 1: new Map(), 2: new Map() };
  readonly #signals: Readonly<Record<Side, Map<Uuid, Waiting>>> = { 1: new Map(), 2: new Map() };

  constructor(options: CallbacksOptions) {
    this.#options = options;
  }

  /** Tells a side that a client of the other one is there, once for each access and in its order among the deliveries. */
  announce(side: Side, record: ConnectionRecord): void {
    const { services, lanes, closing } = this.#options;
    if (services[side].newAccess === undefined) return;
    const { uid } = record;
    const latest = this.#accesses[side].get(uid);
    if (latest !== undefined && latest.place === lanes[side].last(uid)) {
      latest.count++;
      latest.record = record;
      return;
    }
    const accesses: Accesses = { count: 1, record, place: undefined };
    this.#accesses[side].set(uid, accesses);
    closing.underWay.add(lanes[side].run(uid, () => this.#tellAccesses(side, accesses)));
    accesses.place = lanes[side].last(uid);
  }

  async #tellAccesses(side: Side, accesses: Accesses): Promise<void> {
    const { services, directory, closing } = this.#options;
    const { uid } = accesses.record;
    while (accesses.count > 0 && !closing.over.aborted) {
      accesses.count--;
      const { newAccess, idType } = services[side];
      if (newAccess === undefined) break;
      const encoded = accesses.record.ids[side];
      await this.#call("new-access", side, uid, () => {
        const id = encoded === null ? undefined : idType.decode(encoded);
        return newAccess(id, directory.handle(uid));
      });
    }
    if (this.#accesses[side].get(uid) === accesses) this.#accesses[side].delete(uid);
  }

  /** Tells a side what the other one's client is doing. While one is told, of those that follow only the newest is kept. */
  async signal(side: Side, uid: Uuid, signal: PeerSignal): Promise<void> {
    const { services, directory } = this.#options;
    const { peerSignal, idType } = services[side];
    if (peerSignal === undefined) return;
    const encoded = (await directory.byUid(uid))?.ids[side];
    if (encoded === undefined || encoded === null) return;
    const signals = this.#signals[side];
    const busy = signals.get(uid);
    if (busy !== undefined) {
      busy.set(signal.type, signal);
      return;
    }
    const waiting: Waiting = new Map([[signal.type, signal]]);
    signals.set(uid, waiting);
    const tellAll = async (): Promise<void> => {
      for (const [type, next] of waiting) {
        waiting.delete(type);
        await this.#call(
          "peer signal",
          side,
          uid,
          () => peerSignal(idType.decode(encoded), next, directory.handle(uid)),
        );
      }
      signals.delete(uid);
    };
    this.#options.closing.underWay.add(tellAll());
  }

  async #call(callback: string, side: Side, uid: Uuid, call: () => void | Promise<void>): Promise<void> {
    const { services, watch, logger } = this.#options;
    try {
      await watch.watch({ callback, service: services[side].name, uid }, call);
    } catch (error) {
      logger.error(`A ${callback} callback failed`, { uid, service: services[side].name, error });
    }
  }
}
