import { abortable, unlessAborted } from "../abortable.ts";
import type { WaitOptions } from "../async_queue.ts";
import { checkDraft, checkEdit } from "../check_draft.ts";
import type { Connection } from "../connection.ts";
import type { SendOptions } from "../exchange.ts";
import type { Uuid } from "../id_type.ts";
import type { Message, MessageDraft, MessageEdit } from "../message.ts";
import type { Appended } from "../ports.ts";
import { SendQueue } from "../send_queue.ts";
import { Slots } from "../slots.ts";
import type { WorkerParts } from "./parts.ts";

/** How many messages of send queues may be on their way into storage. */
const SEND_QUEUE_CAPACITY = 1_000;

/**
 * Sends messages of one client. Resolves with the stored message once it is on disk.
 *
 * @example For one client
 * ```ts
 * import { ChatBox, type MessageSender, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const send: MessageSender = box.worker1.getMessageSender("ada");
 * equal((await send("Hello")).seq, 1);
 * equal((await send({ content: "again", replyTo: 1 })).replyTo, 1);
 * ```
 */
export type MessageSender = (message: string | MessageDraft, options?: SendOptions) => Promise<Message>;

/** What a service's clients do: they write, edit, delete, type and read. For each client in the order of the calls. */
export class WorkerSending<Id> {
  readonly #parts: WorkerParts;
  /** Of all send queues together, so that closing one and asking for another makes no more room. */
  readonly #slots = new Slots(SEND_QUEUE_CAPACITY);
  #queue: SendQueue<Id> | undefined;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  /** See {@link ServiceWorker.sendQueue}. */
  get queue(): SendQueue<Id> {
    if (this.#queue !== undefined && !this.#queue.closed) return this.#queue;
    const { logger, service } = this.#parts;
    return this.#queue = new SendQueue({
      capacity: SEND_QUEUE_CAPACITY,
      slots: this.#slots,
      store: ({ id, message }) => this.sender(id)(message),
      onLost: (error) =>
        logger.warn("A message of the send queue was not stored", { service: service.name, error }),
    });
  }

  /** See {@link ServiceWorker.getMessageSender}. */
  sender(id: Id): MessageSender {
    return (message, options = NO_OPTIONS) =>
      this.send(id, typeof message === "string" ? { content: message } : message, options).then(messageOf);
  }

  /** See {@link ServiceWorker.send}. */
  send(id: Id, draft: MessageDraft, options: SendOptions): Promise<Appended> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { exchange, service } = this.#parts;
    const sent = copied(
      () => checkDraft(draft),
      (checked) => this.#in(id, (uid) => exchange.send(service.side, uid, checked, options)),
    );
    return signal === undefined ? sent : abortable(sent, signal);
  }

  /** See {@link ServiceWorker.sendIn}. */
  sendIn({ uid }: Connection, draft: MessageDraft, options: SendOptions): Promise<Appended> {
    const { exchange, service } = this.#parts;
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const sent = copied(
      () => checkDraft(draft),
      (checked) => exchange.send(service.side, uid, checked, options),
    );
    return signal === undefined ? sent : abortable(sent, signal);
  }

  /** See {@link ServiceWorker.edit}. */
  edit(id: Id, seq: number, edit: string | MessageEdit, { signal }: WaitOptions): Promise<Message> {
    const { exchange, service } = this.#parts;
    return unlessAborted(signal, () =>
      copied(
        () => checkEdit(typeof edit === "string" ? { content: edit } : edit),
        (change) =>
          this.#in(id, (uid) => exchange.change(service.side, uid, seq, { type: "edit", ...change })),
      ));
  }

  /** See {@link ServiceWorker.delete}. */
  delete(id: Id, seq: number, { signal }: WaitOptions): Promise<Message> {
    const { exchange, service } = this.#parts;
    const remove = (uid: Uuid): Promise<Message> =>
      exchange.change(service.side, uid, seq, { type: "delete" });
    return unlessAborted(signal, () => this.#in(id, remove));
  }

  /** See {@link ServiceWorker.markRead}. */
  markRead(id: Id, seq: number, { signal }: WaitOptions): Promise<void> {
    const { exchange, service } = this.#parts;
    return unlessAborted(signal, () => this.#in(id, (uid) => exchange.markRead(service.side, uid, seq)));
  }

  /** See {@link ServiceWorker.typing}. */
  typing(id: Id, name: string, { signal }: WaitOptions): Promise<void> {
    const { exchange, service } = this.#parts;
    return unlessAborted(signal, () => this.#in(id, (uid) => exchange.typing(service.side, uid, name)));
  }

  #in<T>(id: Id, work: (uid: Uuid) => Promise<T>): Promise<T> {
    const { exchange, service } = this.#parts;
    try {
      return exchange.forClient(service.side, service.idType.encode(id), ({ uid }) => work(uid));
    } catch (error) {
      // An id of another type, or what the work has to refuse at once.
      return Promise.reject(error);
    }
  }
}

const NO_OPTIONS: SendOptions = {};

/** Works on a copy that is made before anything is waited for: what the caller does with its own afterwards is no longer sent. */
function copied<C, T>(copy: () => C, work: (copy: C) => Promise<T>): Promise<T> {
  try {
    return work(copy());
  } catch (error) {
    return Promise.reject(error);
  }
}

function messageOf({ message }: Appended): Message {
  return message;
}
