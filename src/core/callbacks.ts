import type { CallbackWatch } from "./callback_watch.ts";
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
}

/** What a connection's client did while its last signal was still being told; the newest of each kind. */
type Waiting = Map<PeerSignal["type"], PeerSignal>;

/** Calls the services back about what happens on the other side: whatever a callback throws is logged and ends here. */
export class Callbacks {
  readonly #options: CallbacksOptions;
  readonly #signals: Readonly<Record<Side, Map<Uuid, Waiting>>> = { 1: new Map(), 2: new Map() };

  constructor(options: CallbacksOptions) {
    this.#options = options;
  }

  /** Tells a side that a client of the other one is there. */
  announce(side: Side, record: ConnectionRecord): void {
    const { services, directory, lanes } = this.#options;
    const { newAccess, idType } = services[side];
    if (newAccess === undefined) return;
    const { uid } = record;
    const encoded = record.ids[side];
    const call = (): Promise<void> =>
      this.#call("new-access", side, uid, () => {
        const id = encoded === null ? undefined : idType.decode(encoded);
        return newAccess(id, directory.handle(uid));
      });
    lanes[side].run(uid, call).catch((error) => this.#report("new-access", side, uid, error));
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
    tellAll().catch((error) => this.#report("peer signal", side, uid, error));
  }

  async #call(callback: string, side: Side, uid: Uuid, call: () => void | Promise<void>): Promise<void> {
    const { services, watch } = this.#options;
    try {
      await watch.watch({ callback, service: services[side].name, uid }, call());
    } catch (error) {
      this.#report(callback, side, uid, error);
    }
  }

  #report(callback: string, side: Side, uid: Uuid, error: unknown): void {
    const { services, logger } = this.#options;
    logger.error(`A ${callback} callback failed`, { uid, service: services[side].name, error });
  }
}
