import {
  DeliveryError,
  type Logger,
  type Message,
  PermanentDeliveryError,
  type ServiceWorker,
  type Uuid,
} from "../../core/mod.ts";
import type { Desk } from "../desk.ts";
import { Code, DiscordRefusal, refusedWith } from "../errors.ts";
import { Follower } from "./follower.ts";
import { demandHome, type FindHome, type Home } from "../home/home.ts";
import { Changes } from "./changes.ts";
import { Composer } from "./composer.ts";
import { NewMessages } from "./new_messages.ts";
import { type Batch, PlanRunner } from "./plan_runner.ts";
import { QuotedHistory } from "./quoted_history.ts";
import type { Webhooks } from "../persona/webhooks.ts";
import { type Plan, planFromNote } from "./plan.ts";
import type { Poster } from "./poster.ts";
import type { DiscordRest } from "../ports.ts";
import type { Refusals } from "../refusals/refusals.ts";
import type { Snowflake } from "../snowflake.ts";
import { THREAD_GONE, THREAD_TRIED } from "../threads/thread_properties.ts";
import { CLOSED, isAboutMessage, verdictOnPost } from "../verdict.ts";

/** What the outbox needs. */
export interface OutboxOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly rest: DiscordRest;
  readonly poster: Poster;
  readonly desk: Desk;
  readonly home: FindHome;
  /** Whether visitors are shown as the bot, or under their names by a webhook. */
  readonly persona: "bot" | "webhook";
  readonly webhooks: Webhooks;
  /** The address at which staff can open a visitor's file; none when left out. */
  readonly fileLink: ((id: string) => string) | undefined;
  readonly logger: Logger;
  readonly refusals: Refusals;
  /** Aborted at a stop: what is under way ends after its present call, its plan stays. */
  readonly signal: AbortSignal;
}

/**
 * Brings what visitors write, edit and delete into their threads: in order, packed, once. A plan that an earlier try has begun
 * comes first, then what was changed, then what is new.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #runner: PlanRunner;
  readonly #changes: Changes;
  readonly #newMessages: NewMessages;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { rest, poster, home, refusals } = options;
    const composer = new Composer(options);
    const follower = new Follower(rest, poster, home, refusals.shutOut);
    const runner = this.#runner = new PlanRunner({ ...options, follower });
    const history = new QuotedHistory({ ...options, runner });
    this.#changes = new Changes({ ...options, composer, runner, history });
    this.#newMessages = new NewMessages(composer, runner);
  }

  /** Receives all that waits for one thread. One call at a time for each, many threads side by side. */
  async receive(batch: Batch): Promise<void> {
    const home = demandHome(this.#options.home);
    const { refusals } = this.#options;
    const refused = refusals.inThread(batch.id, home);
    if (refused !== undefined) throw refused;
    try {
      if (await this.#deliver(batch, home)) refusals.posts.arrived(batch.id);
    } catch (error) {
      throw await this.#verdict(batch, home, error);
    }
  }

  /** Gives whether new messages have arrived. */
  async #deliver(batch: Batch, home: Home): Promise<boolean> {
    const kept = planFromNote(batch.note);
    // A plan for a thread that is gone is void: what it has not delivered is planned anew.
    const unfinished = kept?.thread === batch.id ? kept : undefined;
    const through = unfinished === undefined
      ? 0
      : await this.#newMessages.settle(batch, await this.#runner.resume(batch, unfinished, home));
    const changed = await this.#changed(batch, unfinished, through);
    await this.#changes.bring(batch, changed);
    if (changed.length > 0) await this.#options.desk.keepShut(batch.id, batch.connection);
    const waiting = batch.messages.filter(({ seq }) => seq > through);
    const admitted = waiting.length === 0 ? [] : await this.#admitted(batch, waiting);
    await this.#newMessages.post(batch, admitted);
    if (admitted.length > 0) await this.#options.desk.keepShut(batch.id, batch.connection);
    return through > 0 || admitted.length > 0;
  }

  /** What has to be brought up to date, those messages included that have changed since they were planned. */
  async #changed(batch: Batch, unfinished: Plan | undefined, through: number): Promise<Message[]> {
    const planned = new Map(unfinished?.revs ?? []);
    const outdated = batch.messages.filter(({ seq, rev }) =>
      seq <= through && rev > (planned.get(seq) ?? Infinity)
    );
    const taken = await this.#takenBack(batch, [...planned.keys()]);
    return [...batch.changes, ...outdated, ...taken]
      .filter(({ rev }) => rev > (unfinished?.rev ?? 0))
      .sort((a, b) => a.rev - b.rev);
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

  /** Those that go on: what is written into a conversation that only staff open again fails. */
  async #admitted(batch: Batch, waiting: readonly Message[]): Promise<readonly Message[]> {
    const late = await this.#options.desk.visitorWrote(batch.id, batch.connection, waiting);
    if (late.length > 0) {
      const reason = "Cannot deliver: the conversation is closed, and REOPEN is staff";
      await batch.fail(late, new PermanentDeliveryError(reason, CLOSED));
    }
    return waiting.filter((message) => !late.includes(message));
  }

  async #verdict(batch: Batch, home: Home, error: unknown): Promise<unknown> {
    if (refusedWith(error, Code.unknownChannel)) return await this.#threadGone(batch, error);
    const verdict = verdictOnPost(error, this.#options.home());
    if (error instanceof DiscordRefusal && !isAboutMessage(error)) {
      this.#options.refusals.posts.remember(batch.id, home, error, verdict);
    }
    return verdict;
  }

  async #threadGone({ connection, id, attempt }: Batch, error: DiscordRefusal): Promise<DeliveryError> {
    const { worker, logger } = this.#options;
    logger.warn("A thread is gone, making a new one", { uid: connection.uid, thread: id });
    await connection.properties.set(THREAD_GONE, id);
    await connection.properties.set(THREAD_TRIED, undefined);
    await worker.unpair(id);
    // At once, but not again and again: a thread that is gone as soon as it was made is waited for longer each time.
    return new DeliveryError(error.message, { cause: error, ...(attempt === 1 && { retryAfterMs: 0 }) });
  }
}
