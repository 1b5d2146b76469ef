import { setImmediate } from "node:timers";
import { deepEqual, equal } from "node:assert/strict";
import {
  ChatBox,
  type Delivery,
  DeliveryError,
  type Message,
  type MessageQueue,
  type ServiceWorker,
  type Side,
  type Store,
  string,
} from "../../../src/core/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { severable, type SeverableStore } from "./severed_store.ts";

/** How a side's service takes what is delivered. */
export type Manner = "takes" | "refuses" | "takes, then refuses" | "is slow" | "is away" | "asks a queue";

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
  readonly unsure: boolean;
}

/** The real thing: a box that is started, crashed and started again on one store, and what both services saw. */
export class World {
  readonly #inner: Store;
  readonly #clock = new FakeClock();
  readonly #seen: Readonly<Record<Side, Map<string, Map<number, Seen>>>> = { 1: new Map(), 2: new Map() };
  readonly #manner: Record<Side, Manner> = { 1: "takes", 2: "takes" };
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
    await this.#worker(side).accessNewClient(client);
  }

  /** A client sends. */
  send(side: Side, client: string, content: string): Promise<Message> {
    return this.#worker(side).getMessageSender(client)(content);
  }

  /** A client edits what it has sent. */
  async edit(side: Side, client: string, seq: number, content: string): Promise<void> {
    await this.#worker(side).edit(client, seq, content);
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
    if (manner === "is away" || manner === "asks a queue") {
      worker.setReceivedMessageCallback(undefined);
      if (manner === "asks a queue") this.#consume(side, worker.receiveQueue, life);
      return;
    }
    worker.setReceivedMessageCallback(async (message, delivery) => {
      if (manner === "refuses") throw new DeliveryError("not now");
      if (manner === "is slow" && life === this.#life) {
        await new Promise<void>((resolve) => this.#slow.push(resolve));
      }
      const refused = manner === "takes, then refuses" && delivery.attempt === 1;
      this.#take(side, message, delivery, life, refused);
      if (refused) throw new DeliveryError("what was it?");
    });
  }

  async #consume(side: Side, queue: MessageQueue<string>, life: number): Promise<void> {
    for await (const message of queue) this.#take(side, message, { ...message, attempt: 2 }, life, true);
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
    for (const side of [1, 2] as const) this.behave(side, "takes");
    await this.#settle();
    deepEqual(this.violations, []);
    for (const side of [1, 2] as const) {
      for (const [client, messages] of model) {
        const seen = this.#seen[side].get(client) ?? new Map<number, Seen>();
        const expected = messages.filter((message) => message.side !== side);
        for (const { seq, content, deleted } of expected) {
          const found = seen.get(seq);
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
