import {
  type DeliveryBatch,
  type Message,
  PermanentDeliveryError,
  type ServiceWorker,
  type Uuid,
} from "../../core/mod.ts";
import { type DiscordRefusal, refusedForGood } from "../errors.ts";
import type { Follower } from "./follower.ts";
import type { FindHome, Home } from "../home/home.ts";
import { type Plan, planToNote } from "./plan.ts";
import { isSnowflake, latest, type Snowflake } from "../snowflake.ts";
import { isAboutMessage, verdictOnPost } from "../verdict.ts";

/** How many delivered messages back the last known Discord id is looked for; the others were deleted or failed. */
const LOOK_BACK = 10;

/** All that waits for one thread. */
export type Batch = DeliveryBatch<Snowflake>;

/** How far a plan has brought the new messages. */
export interface PlanEnd {
  /** The last new message that is done with. */
  readonly through: number;
  /** Messages after it that shared a post which Discord refuses: each has to go for itself. */
  readonly apart: readonly Message[];
  /** Why a post was refused in a plan that has no new messages; the changes behind it were not tried. */
  readonly refusedPost?: DiscordRefusal;
}

/** What {@link PlanRunner} needs. */
export interface PlanRunnerOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly follower: Follower;
  readonly home: FindHome;
  /** Aborted at a stop: what is under way ends after its present call, its plan stays. */
  readonly signal: AbortSignal;
}

/** Carries out plans: kept on disk before the first call, confirmed as far as they have come. */
export class PlanRunner {
  readonly #options: PlanRunnerOptions;

  constructor(options: PlanRunnerOptions) {
    this.#options = options;
  }

  /**
   * Begins a plan and follows it, see {@link PlanRunner.resume}.
   *
   * @param about the new messages that are in it
   */
  async run(
    batch: Batch,
    part: Omit<Plan, "v" | "thread" | "after">,
    about: readonly Message[],
  ): Promise<PlanEnd> {
    const plan: Plan = { v: 1, thread: batch.id, after: await this.#lastKnown(batch), ...part };
    // Editing and deleting twice is the same as once; only posts need to be remembered.
    if (plan.steps.some((step) => step.do === "post")) await batch.setNote(planToNote(plan));
    return await this.#finish(batch, plan, new Map(), about);
  }

  /** What was planned comes again only if the plan's end was not stored; a refusal in it may have ended it early. */
  async resume(batch: Batch, plan: Plan, home: Home): Promise<PlanEnd> {
    const done = await this.#options.follower.lookUp(plan, {
      id: home.botId,
      applicationId: home.applicationId,
    });
    try {
      const end = await this.#finish(batch, plan, done, batch.messages);
      if (end.refusedPost === undefined) return end;
    } catch (error) {
      if (plan.seq > 0 || !refusedForGood(error)) throw error;
    }
    // A change that Discord refuses is planned anew from its present state, and given up there.
    if (plan.rev !== undefined) await batch.confirm({ rev: plan.rev });
    return { through: 0, apart: [] };
  }

  /**
   * Follows a plan to its end, or to a post that Discord refuses for what it says.
   *
   * @throws {DiscordRefusal} for a change that is refused, and when nothing new can be posted any more
   */
  async #finish(
    batch: Batch,
    plan: Plan,
    done: ReadonlyMap<number, Snowflake>,
    about: readonly Message[],
  ): Promise<PlanEnd> {
    const { follower, home } = this.#options;
    const signal = AbortSignal.any([batch.signal, this.#options.signal]);
    const { made, refused } = await follower.follow(plan, done, signal);
    const remoteIds = plan.ids.map(({ seq, ids }) => ({
      seq,
      ids: ids.map((id) => typeof id === "number" ? made.get(id) : id).filter((id) => id !== undefined),
    }));
    const { seq, rev } = plan;
    if (refused === undefined) {
      await batch.confirm({ remoteIds, ...(seq > 0 && { seq }), ...(rev !== undefined && { rev }) });
      return { through: seq, apart: [] };
    }
    if (seq === 0) {
      // What it has posted is to be found again; what it has not edited or deleted yet may hold any of the messages still.
      if (made.size > 0) await batch.confirm({ remoteIds: halfDone(plan, made) });
      if (plan.steps[refused.number]?.do !== "post") throw refused.error;
      return { through: 0, apart: [], refusedPost: refused.error };
    }
    const hit = plan.ids.filter(({ ids }) => ids.includes(refused.number)).map((entry) => entry.seq);
    const [first = seq] = hit;
    const before = remoteIds.filter((entry) => entry.seq < first);
    // What stands there has arrived, whatever becomes of the rest.
    await batch.confirm({ remoteIds: before, ...(before.length > 0 && { seq: first - 1 }) });
    if (!isAboutMessage(refused.error)) throw refused.error;
    if (hit.length > 1) {
      return { through: first - 1, apart: about.filter((message) => hit.includes(message.seq)) };
    }
    const verdict = verdictOnPost(refused.error, home());
    if (!(verdict instanceof PermanentDeliveryError)) throw verdict;
    await batch.fail(about.filter((message) => message.seq === first), verdict);
    await batch.confirm({ seq: first, remoteIds: remoteIds.filter((entry) => entry.seq === first) });
    return { through: first, apart: [] };
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
}

/** Which Discord messages hold those of a plan that makes changes and has not come to its end: all that it is about. */
function halfDone(
  { steps, ids }: Plan,
  made: ReadonlyMap<number, Snowflake>,
): readonly { readonly seq: number; readonly ids: readonly Snowflake[] }[] {
  const there = steps.flatMap((step) => step.do === "post" ? [] : [step.id]);
  return ids.map(({ seq }) => ({ seq, ids: [...there, ...made.values()] }));
}
