import { abortable } from "./abortable.ts";
import type { Blocks } from "./blocks.ts";
import type { Callbacks } from "./callbacks.ts";
import type { Closing } from "./closing.ts";
import type { Directory } from "./directory.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { ChatBoxError } from "./errors.ts";
import type { Hub } from "./hub.ts";
import type { Uuid } from "./id_type.ts";
import { type Message, type MessageDraft, type MessageEdit, otherSide, type Side } from "./message.ts";
import { OrderedLookup } from "./ordered_lookup.ts";
import type { Appended, Clock, ConnectionRecord, Store } from "./ports.ts";
import { receiverOf, type Service } from "./service.ts";

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
  readonly closing: Closing;
}

/**
 * How a message is sent.
 *
 * @example A listener that recognises its own
 * ```ts
 * import { ChatBox, type SendOptions, string } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const tab = {};
 * const own: boolean[] = [];
 * (await box.worker1.connectionOf("ada"))?.subscribe((event) =>
 *   event.type === "message" && own.push(event.token === tab)
 * );
 * const options: SendOptions = { token: tab };
 * await box.worker1.getMessageSender("ada")("from this tab", options);
 * await box.worker1.getMessageSender("ada")("from another one");
 * deepEqual(own, [true, false]);
 * ```
 */
export interface SendOptions {
  /** Comes back with the event of the message, for a listener to recognise its own. */
  readonly token?: object;
  /** Called when the `cid` was known already, at the place in the order of events where a new message's event would be. */
  readonly onDuplicate?: (appended: Appended) => void;
  /** Ends the waiting; the message may be stored nevertheless. */
  readonly signal?: AbortSignal;
}

/** What its sender may do with a message. */
type Change = ({ readonly type: "edit" } & MessageEdit) | { readonly type: "delete" };

/** What comes in from either service: stored first, then told to the listeners and sent on its way. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #clients: Readonly<Record<Side, OrderedLookup<string, ConnectionRecord>>>;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { directory, closing: { underWay } } = options;
    const lookup = (side: Side): OrderedLookup<string, ConnectionRecord> =>
      new OrderedLookup({
        known: (id) => directory.cached(side, id),
        ask: (id) => this.known(side, id),
        underWay,
      });
    this.#clients = { 1: lookup(1), 2: lookup(2) };
  }

  /** Does something for a client that must be known, in the order in which it was asked for. */
  forClient<T>(side: Side, id: string, work: (record: ConnectionRecord) => Promise<T>): Promise<T> {
    return this.#clients[side].run(id, work);
  }

  /**
   * A client of `side` is there. What has begun when the box closes ends first, with the new-access callback.
   *
   * @throws {ChatBoxError} `closed` when the box closes, or does not wait for a create callback any more
   */
  async access(side: Side, id: string, create: boolean, uid: Uuid | undefined): Promise<ConnectionRecord> {
    const { closing } = this.#options;
    closing.begun.throwIfAborted();
    return await abortable(closing.underWay.add(this.#access(side, id, create, uid)), closing.over);
  }

  async #access(side: Side, id: string, create: boolean, uid: Uuid | undefined): Promise<ConnectionRecord> {
    const { directory, store, clock, callbacks } = this.#options;
    const { record, made } = create
      ? await directory.findOrCreate(side, id, uid)
      : { record: await this.known(side, id), made: false };
    if (!made) await store.touch(record.uid, clock.now());
    // Looked at last: a deactivation may have begun before this access and not have ended yet.
    const { active } = await directory.find(side, id) ?? record;
    if (!active[side]) await this.setActive(side, id, true);
    callbacks.announce(otherSide(side), record);
    return record;
  }

  /** A client is there again, and gets what has waited; or it is away, and what comes for it waits: from this step on, when it is at hand. */
  setActive(side: Side, id: string, active: boolean): Promise<void> {
    const { directory, dispatcher } = this.#options;
    return this.forClient(side, id, async ({ uid }) => {
      await directory.setActive(uid, side, active);
      if (active) dispatcher.wake(uid, side, Infinity);
    });
  }

  /** The connection of a client that must be known. */
  async known(side: Side, id: string): Promise<ConnectionRecord> {
    return await this.#options.directory.find(side, id) ?? raise(this.#unknownClient(side, id));
  }

  /** The connection of a client that must be known, or be about to be registered. */
  async arriving(side: Side, id: string): Promise<ConnectionRecord> {
    return await this.#options.directory.findArriving(side, id) ?? raise(this.#unknownClient(side, id));
  }

  /**
   * Stores a message and sends it on its way.
   *
   * @throws {ChatBoxError} `blocked` when the other side wants to hear nothing from this client
   */
  async send(side: Side, uid: Uuid, draft: MessageDraft, options: SendOptions = {}): Promise<Appended> {
    const { token, onDuplicate } = options;
    const { store, hub, clock, blocks } = this.#options;
    const targets = this.#targets(side, uid);
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

  /**
   * Changes a message that `side` has sent.
   *
   * @throws {ChatBoxError} `not_found`, `forbidden` when the other side sent it or the message has failed, `blocked`
   */
  change(side: Side, uid: Uuid, seq: number, change: Change): Promise<Message> {
    // Two steps in the store: a close between them would forget what was accepted.
    return this.#options.closing.underWay.add(this.#change(side, uid, seq, change));
  }

  async #change(side: Side, uid: Uuid, seq: number, change: Change): Promise<Message> {
    const { store, hub, clock, blocks } = this.#options;
    const before = await blocks.whenOpen(side, uid, change.type, () => store.message(uid, seq));
    if (before === undefined || (before.deletedAt !== undefined && change.type === "edit")) {
      throw new ChatBoxError("not_found", `Cannot ${change.type} message ${seq}: there is none in ${uid}`);
    }
    if (before.side !== side) {
      throw new ChatBoxError("forbidden", `Cannot ${change.type} message ${seq}: the other side sent it`);
    }
    const targets = this.#targets(side, uid);
    const { message, changed } = await store.change(uid, { seq, at: clock.now(), targets, change });
    // Nobody would be told of the edit: who wrote it has to know.
    if (!changed && change.type === "edit" && message.failed !== undefined) {
      throw new ChatBoxError(
        "forbidden",
        `Cannot edit message ${seq}: it could not be delivered for good, it can only be deleted and sent anew`,
      );
    }
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

  /** For whom a message or a change of `from` waits. Decided now: who asks for an echo later does not get what was sent before. */
  #targets(from: Side, uid: Uuid): readonly Side[] {
    const { services } = this.#options;
    const toPeer = services[otherSide(from)].durable;
    const toItself = services[from].durable && receiverOf(services[from], uid)?.echo === true;
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
