import {
  type DeliveryBatch,
  DeliveryError,
  type Logger,
  type Message,
  type ServiceWorker,
  type Uuid,
} from "../core/mod.ts";
import { groupsOf } from "./change_groups.ts";
import { Code, DiscordRefusal, refusedWith } from "./errors.ts";
import { Follower } from "./follower.ts";
import type { FindHome } from "./home.ts";
import { pack, type PackItem, type Parcel } from "./pack.ts";
import { idsOf, nonceOf, type Plan, planFromNote, planToNote, type Step } from "./plan.ts";
import type { DiscordRest } from "./ports.ts";
import { isSnowflake, latest, type Snowflake } from "./snowflake.ts";
import { THREAD_GONE } from "./threads.ts";
import { verdictOnPost } from "./verdict.ts";

/** Posts a plan, so that a whole plan is done within the time for which Discord knows its nonces. */
const POSTS_A_PLAN = 10;

/** How many delivered messages back the last known Discord id is looked for; the others were deleted or failed. */
const LOOK_BACK = 10;

/** A thread that has refused is not asked again for so long: refusals count towards a ban of the address. */
const REFUSED_FOR_MS = 60_000;
const REFUSALS_KEPT = 1_000;

/** What the outbox needs. */
export interface OutboxOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly rest: DiscordRest;
  readonly home: FindHome;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Aborted at a stop: what is under way ends after its present call, its plan stays. */
  readonly signal: AbortSignal;
}

type Batch = DeliveryBatch<Snowflake>;

/** Brings what visitors write, edit and delete into their threads: in order, packed, once. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #follower: Follower;
  readonly #refusals = new Map<Snowflake, { readonly until: number; readonly error: unknown }>();

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#follower = new Follower(options.rest);
  }

  /** Receives all that waits for one thread. One call at a time for each, many threads side by side. */
  async receive(batch: Batch): Promise<void> {
    const home = this.#options.home();
    if (home === undefined) throw new DeliveryError("Cannot deliver: Discord is not there");
    this.#demandNoRefusal(batch.id);
    try {
      await this.#deliver(batch, home.botId);
    } catch (error) {
      throw await this.#verdict(batch, error);
    }
  }

  async #deliver(batch: Batch, botId: Snowflake): Promise<void> {
    const kept = planFromNote(batch.note);
    // A plan for a thread that is gone is void: what it has not delivered is planned anew.
    const unfinished = kept?.thread === batch.id ? kept : undefined;
    if (unfinished !== undefined) {
      await this.#finish(batch, unfinished, await this.#follower.lookUp(unfinished, botId));
    }
    const through = unfinished?.seq ?? 0;
    const planned = new Map(unfinished?.revs ?? []);
    const outdated = batch.messages.filter(({ seq, rev }) =>
      seq <= through && rev > (planned.get(seq) ?? Infinity)
    );
    const taken = await this.#takenBack(batch, [...planned.keys()]);
    await this.#change(batch, [...batch.changes, ...outdated, ...taken]);
    await this.#post(batch, batch.messages.filter(({ seq }) => seq > through));
  }

  /** What a plan has posted and the visitor has deleted since: never delivered, so it is in no batch any more. */
  async #takenBack({ messages, connection }: Batch, planned: readonly number[]): Promise<Message[]> {
    const missing = planned.filter((seq) => !messages.some((message) => message.seq === seq));
    const found = await Promise.all(missing.map(async (seq) => {
      const page = await connection.messages({ before: seq + 1, limit: 1 });
      return page.messages.filter((message) => message.seq === seq && message.deletedAt !== undefined);
    }));
    return found.flat();
  }

  async #change(batch: Batch, changes: readonly Message[]): Promise<void> {
    if (changes.length === 0) return;
    for (const group of await groupsOf(changes, this.#options.worker, batch.connection)) {
      // Without what they answer: that stands where it was posted, and would tear apart what was packed before it was known.
      const parcels = pack(
        (await this.#items(batch, group.messages)).map(({ replyTo: _, ...item }) => item),
      );
      const { uid } = batch.connection;
      const steps = await Promise.all(parcels.map(async ({ content }, part): Promise<Step> => {
        const id = group.ids[part];
        if (id !== undefined) return { do: "edit", id, content };
        const source = { kind: "edit", uid, place: batch.id, seq: group.seq, rev: group.rev, part } as const;
        return { do: "post", nonce: await nonceOf(source), content };
      }));
      const spare = group.ids.slice(parcels.length).map((id): Step => ({ do: "delete", id }));
      const ids = idsOf(parcels, (part) => group.ids[part] ?? part);
      const emptied = group.messages.filter(({ seq }) => !ids.some((entry) => entry.seq === seq));
      await this.#begin(batch, {
        steps: [...steps, ...spare],
        ids: [...ids, ...emptied.map(({ seq }) => ({ seq, ids: [] }))],
        seq: 0,
        revs: [],
      });
    }
    await batch.confirm({ rev: Math.max(...changes.map(({ rev }) => rev)) });
  }

  async #post(batch: Batch, messages: readonly Message[]): Promise<void> {
    const items = await this.#items(batch, messages);
    let rest = pack(items);
    while (rest.length > 0) {
      const parcels = rest.slice(0, wholeMessages(rest));
      rest = rest.slice(parcels.length);
      const { uid } = batch.connection;
      const last = parcels.at(-1)?.seqs.at(-1) ?? 0;
      const steps = await Promise.all(
        parcels.map(async ({ content, seqs: [seq = 0], replyTo }, part): Promise<Step> => {
          const source = { kind: "message", uid, place: batch.id, seq, rev: 0, part } as const;
          return {
            do: "post",
            nonce: await nonceOf(source),
            content,
            ...(replyTo !== undefined && { replyTo }),
          };
        }),
      );
      const seqs = new Set(parcels.flatMap((parcel) => parcel.seqs));
      await this.#begin(batch, {
        steps,
        ids: idsOf(parcels, (index) => index),
        seq: last,
        revs: messages.filter(({ seq }) => seqs.has(seq)).map(({ seq, rev }) => [seq, rev]),
      });
    }
  }

  async #items(batch: Batch, messages: readonly Message[]): Promise<PackItem[]> {
    const there = messages.filter((message) => message.deletedAt === undefined);
    return await Promise.all(there.map(async ({ seq, content, replyTo }): Promise<PackItem> => {
      if (replyTo === undefined) return { seq, text: content };
      const [id] = await this.#options.worker.remoteIds(batch.connection, replyTo);
      return isSnowflake(id) ? { seq, text: content, replyTo: id } : { seq, text: content };
    }));
  }

  async #begin(batch: Batch, part: Pick<Plan, "steps" | "ids" | "seq" | "revs">): Promise<void> {
    const plan: Plan = { v: 1, thread: batch.id, after: await this.#lastKnown(batch), ...part };
    // Editing and deleting twice is the same as once; only posts need to be remembered.
    if (plan.steps.some((step) => step.do === "post")) await batch.setNote(planToNote(plan));
    await this.#finish(batch, plan, new Map());
  }

  async #finish(batch: Batch, plan: Plan, done: ReadonlyMap<number, Snowflake>): Promise<void> {
    const made = await this.#follower.follow(
      plan,
      done,
      AbortSignal.any([batch.signal, this.#options.signal]),
    );
    const remoteIds = plan.ids.map(({ seq, ids }) => ({
      seq,
      ids: ids.map((id) => typeof id === "number" ? made.get(id) : id).filter((id) => id !== undefined),
    }));
    await batch.confirm({ remoteIds, ...(plan.seq > 0 && { seq: plan.seq }) });
  }

  /** The last id in the thread that is known to be older than anything that is posted from now on. */
  async #lastKnown({ id, connection }: Batch): Promise<Snowflake> {
    const { worker } = this.#options;
    const cursor = await worker.cursor(id);
    const { delivered } = await connection.watermarks(worker.side);
    let last = latest(id, isSnowflake(cursor) ? cursor : undefined) ?? id;
    for (let seq = delivered; seq > 0 && seq > delivered - LOOK_BACK; seq--) {
      last = latest(last, ...(await worker.remoteIds(connection, seq)).filter(isSnowflake)) ?? last;
    }
    return last;
  }

  #demandNoRefusal(thread: Snowflake): void {
    const refusal = this.#refusals.get(thread);
    if (refusal === undefined) return;
    if (this.#options.now() < refusal.until) throw refusal.error;
    this.#refusals.delete(thread);
  }

  async #verdict(batch: Batch, error: unknown): Promise<unknown> {
    const { worker, home, logger, now } = this.#options;
    if (refusedWith(error, Code.unknownChannel)) {
      logger.warn("A thread is gone, making a new one", { uid: batch.connection.uid, thread: batch.id });
      await batch.connection.properties.set(THREAD_GONE, batch.id);
      await worker.unpair(batch.id);
      return new DeliveryError(error.message, { cause: error, retryAfterMs: 0 });
    }
    const verdict = verdictOnPost(error, home()?.missing ?? []);
    if (error instanceof DiscordRefusal && error.status === 403 && error.code !== Code.blockedByAutomod) {
      const [oldest] = this.#refusals.keys();
      if (this.#refusals.size >= REFUSALS_KEPT && oldest !== undefined) this.#refusals.delete(oldest);
      this.#refusals.set(batch.id, { until: now() + REFUSED_FOR_MS, error: verdict });
    }
    return verdict;
  }
}

/** How many parcels go into a plan: about {@link POSTS_A_PLAN}, all the parts of a message together. */
function wholeMessages(parcels: readonly Parcel[]): number {
  for (let count = POSTS_A_PLAN; count < parcels.length; count++) {
    if (parcels[count]?.seqs[0] !== parcels[count - 1]?.seqs[0]) return count;
  }
  return parcels.length;
}
