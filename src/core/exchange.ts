import type { Blocks } from "./blocks.ts";
import type { Callbacks } from "./callbacks.ts";
import type { Directory } from "./directory.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { ChatBoxError } from "./errors.ts";
import type { Hub } from "./hub.ts";
import type { Uuid } from "./id_type.ts";
import { type Message, type MessageDraft, type MessageEdit, otherSide, type Side } from "./message.ts";
import type { Appended, Clock, ConnectionRecord, Store } from "./ports.ts";
import type { Service } from "./service.ts";

// Made once: they are looked up for every message.
const NOBODY: readonly Side[] = [];
const BOTH: readonly Side[] = [1, 2];
const ONLY: Readonly<Record<Side, readonly Side[]>> = { 1: [1], 2: [2] };

/** What the exchange needs. */
export interface ExchangeOptions {
  readonly store: Store;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly blocks: Blocks;
  readonly directory: Directory;
  readonly dispatcher: Dispatcher;
  readonly callbacks: Callbacks;
  readonly services: Readonly<Record<Side, Service>>;
}

/** How a message is sent. */
export interface SendOptions {
  /** Comes back with the event of the message, for a listener to recognise its own. */
  readonly token?: object;
  /** Called when the `cid` was known already, at the place in the order of events where a new message's event would be. */
  readonly onDuplicate?: (appended: Appended) => void;
  /** Ends the waiting; the message may be stored nevertheless. */
  readonly signal?: AbortSignal;
}

/** What comes in from either service: stored first, then told to the listeners and sent on its way. */
export class Exchange {
  readonly #options: ExchangeOptions;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** A client of `side` is there. */
  async access(side: Side, id: string, create: boolean, uid: Uuid | undefined): Promise<ConnectionRecord> {
    const { directory, store, clock, callbacks } = this.#options;
    const found = await directory.find(side, id);
    if (found === undefined && !create) throw this.#unknownClient(side, id);
    const record = found ?? await directory.findOrCreate(side, id, uid);
    if (found !== undefined) await store.touch(record.uid, clock.now());
    // Looked at last: a deactivation may have begun before this access and not have ended yet.
    const { active } = await directory.find(side, id) ?? record;
    if (!active[side]) await this.setActive(side, id, true);
    callbacks.announce(otherSide(side), record);
    return record;
  }

  /** A client is there again, and gets what has waited; or it is away, and what comes for it waits. */
  async setActive(side: Side, id: string, active: boolean): Promise<void> {
    const { directory, dispatcher } = this.#options;
    const { uid } = await this.known(side, id);
    await directory.setActive(uid, side, active);
    if (active) dispatcher.wake(uid, side, Infinity);
  }

  /** The connection of a client that must be known. */
  async known(side: Side, id: string): Promise<ConnectionRecord> {
    return await this.#options.directory.find(side, id) ?? raise(this.#unknownClient(side, id));
  }

  /**
   * Stores a message and sends it on its way.
   *
   * @throws {ChatBoxError} `blocked` when the other side wants to hear nothing from this client
   */
  async send(side: Side, uid: Uuid, draft: MessageDraft, options: SendOptions = {}): Promise<Appended> {
    const { token, onDuplicate } = options;
    const { store, hub, clock, blocks } = this.#options;
    const targets = this.#targets(side);
    const appended = await blocks.whenOpen(
      side,
      uid,
      "send",
      () => store.append(uid, { side, draft, at: clock.now(), targets }),
    );
    if (appended.duplicate) {
      onDuplicate?.(appended);
      return appended;
    }
    const { message } = appended;
    hub.publish(
      uid,
      token === undefined ? { type: "message", message } : { type: "message", message, token },
    );
    this.#wake(uid, targets, message.rev);
    return appended;
  }

  /** Changes a message that `side` has sent. */
  async change(
    side: Side,
    uid: Uuid,
    seq: number,
    change: ({ readonly type: "edit" } & MessageEdit) | { readonly type: "delete" },
  ): Promise<Message> {
    const { store, hub, clock, blocks } = this.#options;
    const before = await blocks.whenOpen(side, uid, change.type, () => store.message(uid, seq));
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
      this.#wake(uid, targets, message.rev);
    }
    return message;
  }

  /** A client has read everything up to `seq`. */
  async markRead(side: Side, uid: Uuid, seq: number): Promise<void> {
    const { store, hub } = this.#options;
    if (await store.setRead(uid, side, seq)) {
      const { read } = await store.watermarks(uid, side);
      hub.publish(uid, { type: "read", side: otherSide(side), seq: read });
      await this.#options.callbacks.signal(otherSide(side), uid, { type: "read", seq: read });
    }
  }

  /** A client is typing. */
  async typing(side: Side, uid: Uuid, name: string): Promise<void> {
    await this.#options.blocks.whenOpen(side, uid, "type", () => Promise.resolve());
    this.#options.hub.publish(uid, { type: "typing", side, name });
    await this.#options.callbacks.signal(otherSide(side), uid, { type: "typing", name });
  }

  /** For whom a message or a change of `from` waits. */
  #targets(from: Side): readonly Side[] {
    const { services } = this.#options;
    const toPeer = services[otherSide(from)].durable;
    const toItself = services[from].durable && services[from].receive?.echo === true;
    if (toItself) return toPeer ? BOTH : ONLY[from];
    return toPeer ? ONLY[otherSide(from)] : NOBODY;
  }

  #wake(uid: Uuid, targets: readonly Side[], rev: number): void {
    for (const side of targets) this.#options.dispatcher.wake(uid, side, rev);
  }

  #unknownClient(side: Side, id: string): ChatBoxError {
    const { name } = this.#options.services[side];
    return new ChatBoxError("not_found", `Cannot find a client of ${name}: no connection has the id ${id}`);
  }
}

function raise(error: Error): never {
  throw error;
}
