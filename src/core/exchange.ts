import type { Directory } from "./directory.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { ChatBoxError } from "./errors.ts";
import type { Hub } from "./hub.ts";
import type { Uuid } from "./id_type.ts";
import { type Message, type MessageDraft, type MessageEdit, otherSide, type Side } from "./message.ts";
import type { Appended, Clock, ConnectionRecord, Logger, Store } from "./ports.ts";
import type { PeerSignal, Service } from "./service.ts";

/** What the exchange needs. */
export interface ExchangeOptions {
  readonly store: Store;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly directory: Directory;
  readonly dispatcher: Dispatcher;
  readonly services: Readonly<Record<Side, Service>>;
}

/** How a message is sent. */
export interface SendOptions {
  /** Comes back with the event of the message, for a listener to recognise its own. */
  readonly token?: object;
  /** Called when the `cid` was known already, at the place in the order of events where a new message's event would be. */
  readonly onDuplicate?: (appended: Appended) => void;
}

/** What comes in from either service: stored first, then told to the listeners and sent on its way. */
export class Exchange {
  readonly #options: ExchangeOptions;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** A client of `side` is there. */
  async access(side: Side, id: string, create: boolean, uid: Uuid | undefined): Promise<ConnectionRecord> {
    const { directory, store, clock } = this.#options;
    const found = await directory.find(side, id);
    if (found === undefined && !create) throw this.#unknownClient(side, id);
    const record = found ?? await directory.findOrCreate(side, id, uid);
    if (found !== undefined) await store.touch(record.uid, clock.now());
    this.#announce(otherSide(side), record);
    return record;
  }

  #announce(side: Side, record: ConnectionRecord): void {
    const { services, directory } = this.#options;
    const { newAccess, idType } = services[side];
    if (newAccess === undefined) return;
    const encoded = record.ids[side];
    this.#isolate("A new-access callback failed", side, record.uid, () => {
      const id = encoded === null ? undefined : idType.decode(encoded);
      return newAccess(id, directory.handle(record.uid));
    });
  }

  async #signal(side: Side, uid: Uuid, signal: PeerSignal): Promise<void> {
    const { services, directory } = this.#options;
    const { peerSignal, idType } = services[side];
    if (peerSignal === undefined) return;
    const encoded = (await directory.byUid(uid))?.ids[side];
    if (encoded === undefined || encoded === null) return;
    this.#isolate(
      "A peer signal callback failed",
      side,
      uid,
      () => peerSignal(idType.decode(encoded), signal, directory.handle(uid)),
    );
  }

  /** Calls what a user of the library has set: whatever it throws is logged and ends here. */
  #isolate(failure: string, side: Side, uid: Uuid, call: () => void | Promise<void>): void {
    const { services, logger } = this.#options;
    const report = (error: unknown): void =>
      logger.error(failure, { uid, service: services[side].name, error });
    try {
      Promise.resolve(call()).catch(report);
    } catch (error) {
      report(error);
    }
  }

  /** The connection of a client that must be known. */
  async known(side: Side, id: string): Promise<ConnectionRecord> {
    return await this.#options.directory.find(side, id) ?? raise(this.#unknownClient(side, id));
  }

  /** Stores a message and sends it on its way. */
  async send(side: Side, uid: Uuid, draft: MessageDraft, options: SendOptions = {}): Promise<Appended> {
    const { token, onDuplicate } = options;
    const { store, hub, clock } = this.#options;
    const targets = this.#targets(side);
    const appended = await store.append(uid, { side, draft, at: clock.now(), targets });
    if (appended.duplicate) {
      onDuplicate?.(appended);
      return appended;
    }
    const { message } = appended;
    hub.publish(
      uid,
      token === undefined ? { type: "message", message } : { type: "message", message, token },
    );
    this.#wake(uid, targets);
    return appended;
  }

  /** Changes a message that `side` has sent. */
  async change(
    side: Side,
    uid: Uuid,
    seq: number,
    change: ({ readonly type: "edit" } & MessageEdit) | { readonly type: "delete" },
  ): Promise<Message> {
    const { store, hub, clock } = this.#options;
    const before = await store.message(uid, seq);
    if (before === undefined || (before.deletedAt !== undefined && change.type === "edit")) {
      throw new ChatBoxError("not_found", `Cannot ${change.type} message ${seq}: there is none in ${uid}`);
    }
    if (before.side !== side) {
      throw new ChatBoxError("forbidden", `Cannot ${change.type} message ${seq}: the other side sent it`);
    }
    const targets = this.#targets(side);
    const { message, changed } = await store.change(uid, { seq, at: clock.now(), targets, change });
    if (changed) {
      hub.publish(uid, { type: "message", message });
      this.#wake(uid, targets);
    }
    return message;
  }

  /** A client has read everything up to `seq`. */
  async markRead(side: Side, uid: Uuid, seq: number): Promise<void> {
    const { store, hub } = this.#options;
    if (await store.setRead(uid, side, seq)) {
      hub.publish(uid, { type: "read", side: otherSide(side), seq });
      await this.#signal(otherSide(side), uid, { type: "read", seq });
    }
  }

  /** A client is typing. */
  async typing(side: Side, uid: Uuid, name: string): Promise<void> {
    this.#options.hub.publish(uid, { type: "typing", side, name });
    await this.#signal(otherSide(side), uid, { type: "typing", name });
  }

  #targets(from: Side): readonly Side[] {
    const { services } = this.#options;
    return ([1, 2] as const).filter((side) =>
      services[side].durable && (side !== from || services[side].receive?.echo === true)
    );
  }

  #wake(uid: Uuid, targets: readonly Side[]): void {
    for (const side of targets) this.#options.dispatcher.wake(uid, side);
  }

  #unknownClient(side: Side, id: string): ChatBoxError {
    const { name } = this.#options.services[side];
    return new ChatBoxError("not_found", `Cannot find a client of ${name}: no connection has the id ${id}`);
  }
}

function raise(error: Error): never {
  throw error;
}
