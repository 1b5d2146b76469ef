import { setImmediate } from "node:timers";
import { deepEqual, equal } from "node:assert/strict";
import {
  ChatBox,
  ChatBoxError,
  type Delivery,
  DeliveryError,
  type Message,
  type MessageQueue,
  otherSide,
  PermanentDeliveryError,
  type QueuedMessage,
  type ServiceWorker,
  type Side,
  type Store,
  string,
} from "../../../src/core/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { severable, type SeverableStore } from "./severed_store.ts";

/** How a side's service takes what is delivered. */
export type Manner =
  | "takes"
  | "takes, and its own as well"
  | "refuses"
  | "wants to be asked later"
  | "refuses for good"
  | "takes, then refuses"
  | "is slow"
  | "is away"
  | "asks a queue"
  | "leaves its queue after each message";

/** When "later" is, in milliseconds. */
const LATER_MS = 5_000;

/** What the model expects of one message. */
export interface ModelMessage {
  readonly side: Side;
  readonly seq: number;
  content: string;
  deleted: boolean;
}

/** The plain model: what was said in each conversation, by client. */
export type Model = Map<string, ModelMessage[]>;

interface Seen {
  content: string;
  deleted: boolean;
  /** The life of the process in which it came. */
  readonly life: number;
  /** Nobody knows whether it counts as delivered: it may come again, and when it is deleted before that, nothing comes. */
  unsure: boolean;
}

/** The real thing: a box that is started, crashed and started again on one store, and what both services saw. */
export class World {
  readonly #inner: Store;
  readonly #clock = new FakeClock();
  readonly #seen: Readonly<Record<Side, Map<string, Map<number, Seen>>>> = { 1: new Map(), 2: new Map() };
  /** The highest of its own messages that came as an echo, by client. */
  readonly #echoed: Readonly<Record<Side, Map<string, number>>> = { 1: new Map(), 2: new Map() };
  /** What was refused for good, as "client seq". */
  readonly #refused: Readonly<Record<Side, Set<string>>> = { 1: new Set(), 2: new Set() };
  /** Who is gone for now: nothing may come for them. */
  readonly #gone: Readonly<Record<Side, Set<string>>> = { 1: new Set(), 2: new Set() };
  /** How often a client of a side has come or gone. */
  readonly #moves: Readonly<Record<Side, Map<string, number>>> = { 1: new Map(), 2: new Map() };
  readonly #manner: Record<Side, Manner> = { 1: "takes", 2: "takes" };
  /** The callback that a side has set last. */
  readonly #callback: Record<Side, object | undefined> = { 1: undefined, 2: undefined };
  readonly violations: string[] = [];
  #store: SeverableStore;
  #box: ChatBox<string, string>;
  #life = 0;
  #slow: (() => void)[] = [];

  constructor(inner: Store) {
    this.#inner = inner;
    this.#store = severable(inner);
    this.#box = this.#make();
  }

  #make(): ChatBox<string, string> {
    const box = new ChatBox<string, string>({
      name: "model",
      service1: { name: "one", idType: string },
      service2: { name: "two", idType: string },
      store: this.#store.store,
      clock: this.#clock,
      random: () => 0.5,
    });
    box.worker1.setCreateCallback((id) => id);
    box.worker2.setCreateCallback((id) => id);
    return box;
  }

  /** Begins to deliver. */
  async start(): Promise<void> {
    await this.#box.start();
    for (const side of [1, 2] as const) this.behave(side, this.#manner[side]);
  }

  #worker(side: Side): ServiceWorker<string, string> {
    return side === 1 ? this.#box.worker1 : this.#box.worker2;
  }

  /** A client of a side is there. */
  async access(side: Side, client: string): Promise<void> {
    this.#moved(side, client);
    this.#gone[side].delete(client);
    await this.#worker(side).accessNewClient(client);
  }

  /** A client sends. */
  send(side: Side, client: string, content: string): Promise<Message> {
    return this.#worker(side).getMessageSender(client)(content);
  }

  /** A client of a side is gone for now. */
  async deactivate(side: Side, client: string): Promise<void> {
    const move = this.#moved(side, client);
    await this.#worker(side).deactivateClient(client);
    // Who has come back meanwhile is there.
    if (this.#moves[side].get(client) === move) this.#gone[side].add(client);
  }

  #moved(side: Side, client: string): number {
    const move = (this.#moves[side].get(client) ?? 0) + 1;
    this.#moves[side].set(client, move);
    return move;
  }

  /** Nothing comes for who is gone. */
  #expectThere(side: Side, client: string, seq: number): void {
    if (this.#gone[side].has(client)) {
      this.violations.push(`side ${side}, ${client}, ${seq}: came though gone`);
    }
  }

  /** A side takes a client's messages from a queue of its own. */
  openQueue(side: Side, client: string): void {
    this.#consume(side, this.#worker(side).getClientQueue(client), this.#life);
  }

  /** And no longer does. */
  closeQueue(side: Side, client: string): void {
    this.#worker(side).getClientQueue(client).close();
  }

  /** A client edits what it has sent; gives whether that was accepted. */
  async edit(side: Side, client: string, seq: number, content: string): Promise<boolean> {
    try {
      await this.#worker(side).edit(client, seq, content);
      return true;
    } catch (error) {
      const refused = this.#refused[otherSide(side)].has(`${client} ${seq}`);
      if (error instanceof ChatBoxError && error.code === "forbidden" && refused) return false;
      throw error;
    }
  }

  /** A client deletes what it has sent. */
  async delete(side: Side, client: string, seq: number): Promise<void> {
    await this.#worker(side).delete(client, seq);
  }

  /** From now on a side's service takes deliveries like this. */
  behave(side: Side, manner: Manner): void {
    this.#manner[side] = manner;
    const worker = this.#worker(side);
    const life = this.#life;
    const mine = this.#callback[side] = {};
    if (
      manner === "is away" || manner === "asks a queue" || manner === "leaves its queue after each message"
    ) {
      worker.setReceivedMessageCallback(undefined);
      if (manner === "asks a queue") this.#consume(side, worker.receiveQueue, life);
      if (manner === "leaves its queue after each message") {
        this.#consumeInLoops(side, worker.receiveQueue, life);
      }
      return;
    }
    worker.setReceivedMessageCallback(async (message, delivery) => {
      if (life === this.#life) {
        this.#expectThere(side, delivery.id, message.seq);
        if (this.#callback[side] !== mine) {
          this.violations.push(`side ${side}, ${delivery.id}, ${message.seq}: came to a callback of before`);
        }
      }
      if (message.side === side) return this.#hear(side, message, delivery.id, life);
      if (manner === "refuses") throw new DeliveryError("not now");
      if (manner === "wants to be asked later") {
        throw new DeliveryError("not now", { retryAfterMs: LATER_MS });
      }
      if (manner === "refuses for good") {
        this.#refused[side].add(`${delivery.id} ${message.seq}`);
        throw new PermanentDeliveryError("never", "refused");
      }
      if (manner === "is slow" && life === this.#life) {
        await new Promise<void>((resolve) => this.#slow.push(resolve));
      }
      const refused = manner === "takes, then refuses" && delivery.attempt === 1;
      this.#take(side, message, delivery, life, refused);
      if (refused) throw new DeliveryError("what was it?");
    }, { echo: manner === "takes, and its own as well" });
  }

  /** An echo: new messages in their order, and changes of what came before. */
  #hear(side: Side, { seq, editedAt, deletedAt }: Message, id: string, life: number): void {
    if (life !== this.#life) return;
    const last = this.#echoed[side].get(id) ?? 0;
    if (seq < last && editedAt === undefined && deletedAt === undefined) {
      this.violations.push(`side ${side}, ${id}, ${seq}: echo out of order`);
    }
    this.#echoed[side].set(id, Math.max(last, seq));
  }

  async #consumeInLoops(side: Side, queue: MessageQueue<string>, life: number): Promise<void> {
    while (!queue.closed) {
      let given = 0;
      let before: Message | undefined;
      for await (const message of queue) {
        this.#takeQueued(side, message, before, life);
        before = message;
        // The second one is left unconfirmed, and has to come again.
        if (++given === 2) break;
      }
    }
  }

  async #consume(side: Side, queue: MessageQueue<string>, life: number): Promise<void> {
    let before: Message | undefined;
    for await (const message of queue) {
      this.#takeQueued(side, message, before, life);
      before = message;
    }
  }

  /** Asking for it has confirmed the one before: that one may come no more. */
  #takeQueued(
    side: Side,
    message: QueuedMessage<string>,
    before: Message | undefined,
    life: number,
  ): void {
    if (life !== this.#life) return;
    this.#expectThere(side, message.id, message.seq);
    const confirmed = before && this.#seen[side].get(message.id)?.get(before.seq);
    // Of another client it may be, with the same number.
    if (before?.uid === message.uid && confirmed?.life === life) confirmed.unsure = false;
    this.#take(side, message, { ...message, attempt: 1 }, life, true);
  }

  #take(
    side: Side,
    { seq, content, deletedAt }: Message,
    { id, kind, attempt }: Pick<Delivery<string>, "id" | "kind" | "attempt">,
    life: number,
    unsure: boolean,
  ): void {
    if (life !== this.#life) return;
    const seen = this.#seen[side].get(id) ?? new Map<number, Seen>();
    this.#seen[side].set(id, seen);
    const known = seen.get(seq);
    const say = (what: string): void =>
      void this.violations.push(`side ${side}, ${id}, ${seq} (${kind}): ${what}`);
    if (kind !== "message") {
      // After a crash, a deletion may come for what was deleted before it could be delivered.
      if (known === undefined && kind === "delete") return;
      if (known === undefined) say("a change of what was never delivered");
    } else if (known === undefined) {
      if (seq < Math.max(0, ...seen.keys())) say("out of order");
    } else if (attempt === 1 && known.life === life && !known.unsure) say("twice");
    seen.set(seq, { content, deleted: deletedAt !== undefined, life, unsure });
  }

  /** Time passes: what waits for its next attempt has it. */
  advance(ms: number): void {
    this.#clock.advance(ms);
  }

  /** Those who were slow come back. */
  release(): void {
    for (const resolve of this.#slow.splice(0)) resolve();
  }

  /** The process dies, and another one is started. */
  async crash(): Promise<void> {
    this.#store.sever();
    await this.#next();
  }

  /** The process ends in good order, and another one is started. */
  async restart(): Promise<void> {
    const closed = this.#box.close();
    this.release();
    await closed;
    await this.#next();
  }

  async #next(): Promise<void> {
    const before = this.#box;
    this.#life++;
    this.release();
    this.#store = severable(this.#inner);
    this.#box = this.#make();
    await this.start();
    await before.close();
  }

  /** Lets everything arrive and compares what each side saw with the model. */
  async compare(model: Model): Promise<void> {
    for (const side of [1, 2] as const) {
      this.behave(side, "takes");
      for (const client of model.keys()) {
        await this.access(side, client);
        this.closeQueue(side, client);
      }
    }
    await this.#settle();
    deepEqual(this.violations, []);
    for (const side of [1, 2] as const) {
      for (const [client, messages] of model) {
        const seen = this.#seen[side].get(client) ?? new Map<number, Seen>();
        const failed = await this.#failed(client);
        const expected = messages.filter((message) => message.side !== side);
        for (const { seq, content, deleted } of expected) {
          const found = seen.get(seq);
          // A deletion that is refused for good is logged, and leaves the message as it is there.
          if (deleted && this.#refused[side].has(`${client} ${seq}`)) continue;
          if (failed.has(seq)) {
            equal(
              this.#refused[side].has(`${client} ${seq}`),
              true,
              `side ${side}, ${client}: ${seq} failed`,
            );
            continue;
          }
          // What was deleted before it could be delivered never comes.
          if (deleted && (found?.unsure || (found?.life ?? 0) < this.#life)) continue;
          if (found === undefined) equal(deleted, true, `side ${side}, ${client}: ${seq} never came`);
          else {deepEqual(
              [found.content, found.deleted],
              [content, deleted],
              `side ${side}, ${client}, ${seq}`,
            );}
        }
        const seqs = new Set(expected.map(({ seq }) => seq));
        deepEqual([...seen.keys()].filter((seq) => !seqs.has(seq)), [], `side ${side}, ${client}: too much`);
      }
    }
  }

  async #failed(client: string): Promise<ReadonlySet<number>> {
    const uid = await this.#box.worker1.getUid(client);
    const page = uid && await this.#inner.messagesBefore(uid, Infinity, 1_000);
    const failed = page ? page.messages.filter((message) => message.failed !== undefined) : [];
    return new Set(failed.map(({ seq }) => seq));
  }

  async #settle(): Promise<void> {
    for (let round = 0; round < 200; round++) {
      this.release();
      this.advance(120_000);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      const waiting = await Promise.all(
        ([1, 2] as const).map((side) => this.#inner.pending(side, undefined, 1)),
      );
      if (waiting.every(({ length }) => length === 0)) return;
    }
    throw new Error("Waited in vain for everything to be delivered");
  }

  /** Ends it. */
  async close(): Promise<void> {
    const closed = this.#box.close();
    this.release();
    await closed;
  }
}
