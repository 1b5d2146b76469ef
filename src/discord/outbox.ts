import {
  type DeliveryBatch,
  DeliveryError,
  type Logger,
  type Message,
  PermanentDeliveryError,
  type ServiceWorker,
  type Uuid,
} from "../core/mod.ts";
import { type ChangeGroup, groupsOf } from "./change_groups.ts";
import type { Desk } from "./desk.ts";
import { Code, DiscordRefusal, refusedForGood, refusedWith } from "./errors.ts";
import { escapeMarkdown } from "./escape.ts";
import { fileLine, splitFiles } from "./files/uploads.ts";
import { Follower } from "./follower.ts";
import type { FindHome, Home } from "./home.ts";
import { pack, type PackItem, type PackOptions, type Parcel } from "./pack.ts";
import { neutralName, webhookName } from "./persona/webhook_name.ts";
import {
  idsOf,
  nonceOf,
  type Plan,
  planFromNote,
  planToNote,
  type PostStep,
  prefixOf,
  type Step,
} from "./plan.ts";
import type { Poster } from "./poster.ts";
import type { DiscordRest } from "./ports.ts";
import { wordsOnRefusal } from "./refused_change.ts";
import { isSnowflake, latest, type Snowflake } from "./snowflake.ts";
import { THREAD_GONE, THREAD_TRIED } from "./threads.ts";
import { CLOSED, isAboutMessage, verdictOnPost } from "./verdict.ts";
import { aboutVisitor, shortName } from "./visitor.ts";

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
  readonly poster: Poster;
  readonly desk: Desk;
  readonly home: FindHome;
  /** Whether visitors are shown as the bot, or under their names by a webhook. */
  readonly persona: "bot" | "webhook";
  /** The address at which staff can open a visitor's file; none when left out. */
  readonly fileLink: ((id: string) => string) | undefined;
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
    this.#follower = new Follower(options.rest, options.poster, options.home);
  }

  /** Receives all that waits for one thread. One call at a time for each, many threads side by side. */
  async receive(batch: Batch): Promise<void> {
    const home = this.#options.home();
    if (home === undefined) throw new DeliveryError("Cannot deliver: Discord is not there");
    this.#demandNoRefusal(batch.id);
    try {
      await this.#deliver(batch, home);
    } catch (error) {
      throw await this.#verdict(batch, error);
    }
  }

  async #deliver(batch: Batch, { botId }: Home): Promise<void> {
    const kept = planFromNote(batch.note);
    // A plan for a thread that is gone is void: what it has not delivered is planned anew.
    const unfinished = kept?.thread === batch.id ? kept : undefined;
    const through = unfinished === undefined ? 0 : await this.#resume(batch, unfinished, botId);
    const planned = new Map(unfinished?.revs ?? []);
    const outdated = batch.messages.filter(({ seq, rev }) =>
      seq <= through && rev > (planned.get(seq) ?? Infinity)
    );
    const taken = await this.#takenBack(batch, [...planned.keys()]);
    const changes = [...batch.changes, ...outdated, ...taken].filter(({ rev }) =>
      rev > (unfinished?.rev ?? 0)
    );
    await this.#change(batch, changes.sort((a, b) => a.rev - b.rev));
    if (changes.length > 0) await this.#options.desk.keepShut(batch.id, batch.connection);
    const waiting = batch.messages.filter(({ seq }) => seq > through);
    if (waiting.length === 0) return;
    const late = await this.#options.desk.visitorWrote(batch.id, batch.connection, waiting);
    if (late.length > 0) {
      const reason = "Cannot deliver: the conversation is closed, and REOPEN is staff";
      await batch.fail(late, new PermanentDeliveryError(reason, CLOSED));
    }
    const posted = waiting.filter((message) => !late.includes(message));
    await this.#post(batch, posted);
    if (posted.length > 0) await this.#options.desk.keepShut(batch.id, batch.connection);
  }

  /** What was planned comes again only if the plan's end was not stored; a refusal in it may have ended it early. */
  async #resume(batch: Batch, plan: Plan, botId: Snowflake): Promise<number> {
    const done = await this.#follower.lookUp(plan, botId);
    try {
      return await this.#finish(batch, plan, done, batch.messages);
    } catch (error) {
      // A change that Discord refuses is planned anew from its present state, and given up there.
      if (plan.seq > 0 || !refusedForGood(error)) throw error;
      if (plan.rev !== undefined) await batch.confirm({ rev: plan.rev });
      return 0;
    }
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
    const voice = await this.#voice(batch);
    for (const group of await groupsOf(changes, this.#options.worker, batch.connection)) {
      // Without what they answer: that stands where it was posted, and would tear apart what was packed before it was known.
      const items = (await this.#items(batch, group.messages)).map(({ replyTo: _, ...item }) => item);
      const parcels = pack(items, voice);
      const { uid } = batch.connection;
      const steps = await Promise.all(parcels.map(async ({ content }, part): Promise<Step> => {
        const id = group.ids[part];
        if (id !== undefined) return { do: "edit", id, content };
        const source = { kind: "edit", uid, place: batch.id, seq: group.seq, rev: group.rev, part } as const;
        return { do: "post", nonce: await nonceOf(source), content, ...(voice.as && { as: voice.as }) };
      }));
      const spare = group.ids.slice(parcels.length).map((id): Step => ({ do: "delete", id }));
      const ids = idsOf(parcels, (part) => group.ids[part] ?? part);
      const emptied = group.messages.filter(({ seq }) => !ids.some((entry) => entry.seq === seq));
      const plan = {
        steps: [...steps, ...spare],
        ids: [...ids, ...emptied.map(({ seq }) => ({ seq, ids: [] }))],
        seq: 0,
        revs: [],
      };
      try {
        await this.#begin(batch, plan, []);
      } catch (error) {
        if (!refusedForGood(error)) throw error;
        await this.#giveUp(
          batch,
          group,
          changes.filter(({ seq }) => isIn(group.messages, seq)),
          parcels,
          error,
        );
      }
    }
    await batch.confirm({ rev: Math.max(...changes.map(({ rev }) => rev)) });
  }

  /**
   * A change that Discord refuses for good holds nothing up, but the old words still stand there: whoever wrote it has to know
   * when it is refused for what it says; when nobody may change anything, the thread says what cannot be shown in its place.
   */
  async #giveUp(
    batch: Batch,
    group: ChangeGroup,
    changes: readonly Message[],
    parcels: readonly Parcel[],
    error: DiscordRefusal,
  ): Promise<void> {
    if (isAboutMessage(error)) return await this.#failChanges(batch, changes, error);
    const { uid } = batch.connection;
    const { seq, rev } = group;
    const { logger } = this.#options;
    logger.warn("Discord refuses a change for good", {
      uid,
      thread: batch.id,
      seq,
      rev,
      reason: error.message,
    });
    const steps = await Promise.all(
      wordsOnRefusal(group, parcels).map(async (words, part) => {
        const source = { kind: "refused", uid, place: batch.id, seq, rev, part } as const;
        return { do: "post", nonce: await nonceOf(source), ...words } as const;
      }),
    );
    try {
      await this.#begin(batch, { steps, ids: [], seq: 0, rev, revs: [] }, []);
    } catch (refusal) {
      if (!refusedForGood(refusal)) throw refusal;
      // Whoever refuses the words as well is not asked again.
      await this.#failChanges(batch, changes, refusal);
    }
  }

  async #failChanges(batch: Batch, changes: readonly Message[], refusal: DiscordRefusal): Promise<void> {
    const verdict = verdictOnPost(refusal, this.#options.home()?.missing ?? []);
    if (verdict instanceof PermanentDeliveryError) await batch.fail(changes, verdict);
  }

  async #post(batch: Batch, messages: readonly Message[]): Promise<void> {
    const voice = await this.#voice(batch);
    let waiting = messages;
    while (waiting.length > 0) {
      const packed = pack(await this.#items(batch, waiting), voice);
      const parcels = packed.slice(0, wholeMessages(packed));
      const last = parcels.at(-1)?.seqs.at(-1);
      // Deleted ones only: nothing to post, they are done when the batch is.
      if (last === undefined) return;
      const through = await this.#postParcels(
        batch,
        waiting.filter(({ seq }) => seq <= last),
        parcels,
        voice,
      );
      waiting = waiting.filter(({ seq }) => seq > through);
    }
  }

  /** Gives the last message that is done with. */
  async #postParcels(
    batch: Batch,
    messages: readonly Message[],
    parcels: readonly Parcel[],
    { as }: Voice,
  ): Promise<number> {
    const { uid } = batch.connection;
    const steps = await Promise.all(
      parcels.map(async ({ content, seqs: [seq = 0], replyTo, files }, part): Promise<Step> => {
        const source = { kind: "message", uid, place: batch.id, seq, rev: 0, part } as const;
        return {
          do: "post",
          nonce: await nonceOf(source),
          content,
          ...(replyTo !== undefined && { replyTo }),
          ...(files !== undefined && { files }),
          ...(as !== undefined && { as }),
        };
      }),
    );
    return await this.#begin(batch, {
      steps,
      ids: idsOf(parcels, (index) => index),
      seq: messages.at(-1)?.seq ?? 0,
      revs: messages.map(({ seq, rev }) => [seq, rev]),
    }, messages);
  }

  /** How a visitor is shown. */
  async #voice({ connection }: Batch): Promise<Voice> {
    const { persona } = this.#options;
    const about = await aboutVisitor(connection);
    const name = shortName(about);
    if (persona === "bot") return name === undefined ? {} : { prefix: prefixOf(escapeMarkdown(name)) };
    const shown = escapeMarkdown(name ?? neutralName(connection.uid));
    return {
      as: { name: webhookName(about.name, connection.uid), shown, uid: connection.uid },
      reserve: prefixOf(shown).length,
    };
  }

  async #items(batch: Batch, messages: readonly Message[]): Promise<PackItem[]> {
    const { fileLink, home } = this.#options;
    const there = messages.filter((message) => message.deletedAt === undefined);
    return await Promise.all(there.map(async ({ seq, content, replyTo, files = [] }): Promise<PackItem> => {
      const { uploads, linked } = splitFiles(files, home()?.fileBytes ?? 0);
      const [id] = replyTo === undefined
        ? []
        : await this.#options.worker.remoteIds(batch.connection, replyTo);
      return {
        seq,
        text: content,
        ...(isSnowflake(id) && { replyTo: id }),
        ...(uploads.length > 0 && { files: uploads }),
        ...(linked.length > 0 && { footer: linked.map((file) => fileLine(file, fileLink)).join("\n") }),
      };
    }));
  }

  async #begin(
    batch: Batch,
    part: Omit<Plan, "v" | "thread" | "after">,
    about: readonly Message[],
  ): Promise<number> {
    const plan: Plan = { v: 1, thread: batch.id, after: await this.#lastKnown(batch), ...part };
    // Editing and deleting twice is the same as once; only posts need to be remembered.
    if (plan.steps.some((step) => step.do === "post")) await batch.setNote(planToNote(plan));
    return await this.#finish(batch, plan, new Map(), about);
  }

  /**
   * Follows a plan to its end, or to a post that Discord refuses for what it says.
   *
   * @param about the new messages that are in it
   * @returns the last new message that is done with
   * @throws {DiscordRefusal} for a plan that only makes changes
   */
  async #finish(
    batch: Batch,
    plan: Plan,
    done: ReadonlyMap<number, Snowflake>,
    about: readonly Message[],
  ): Promise<number> {
    const signal = AbortSignal.any([batch.signal, this.#options.signal]);
    const { made, refused } = await this.#follower.follow(plan, done, signal);
    const remoteIds = plan.ids.map(({ seq, ids }) => ({
      seq,
      ids: ids.map((id) => typeof id === "number" ? made.get(id) : id).filter((id) => id !== undefined),
    }));
    const { seq, rev } = plan;
    if (refused === undefined) {
      await batch.confirm({ remoteIds, ...(seq > 0 && { seq }), ...(rev !== undefined && { rev }) });
      return seq;
    }
    if (seq === 0) {
      // What it has posted is to be found again; what could not be deleted or edited stays as it was.
      if (made.size > 0) await batch.confirm({ remoteIds });
      throw refused.error;
    }
    const hit = plan.ids.filter(({ ids }) => ids.includes(refused.number)).map((entry) => entry.seq);
    const [first = seq] = hit;
    const before = remoteIds.filter((entry) => entry.seq < first);
    await batch.confirm({ remoteIds: before, ...(before.length > 0 && { seq: first - 1 }) });
    if (hit.length > 1) {
      // Several messages in one post: each for itself, and only the one that is meant fails.
      const each = about.filter((message) => hit.includes(message.seq));
      return Math.max(first - 1, await this.#postAlone(batch, each));
    }
    const verdict = await this.#verdict(batch, refused.error);
    if (!(verdict instanceof PermanentDeliveryError)) throw verdict;
    await batch.fail(about.filter((message) => message.seq === first), verdict);
    await batch.confirm({ seq: first, remoteIds: remoteIds.filter((entry) => entry.seq === first) });
    return first;
  }

  async #postAlone(batch: Batch, messages: readonly Message[]): Promise<number> {
    const voice = await this.#voice(batch);
    let through = 0;
    for (const message of messages) {
      const parcels = pack(await this.#items(batch, [message]), voice);
      through = parcels.length === 0
        ? message.seq
        : await this.#postParcels(batch, [message], parcels, voice);
    }
    return through;
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
      const { properties } = batch.connection;
      await properties.set(THREAD_GONE, batch.id);
      await properties.set(THREAD_TRIED, undefined);
      await worker.unpair(batch.id);
      // At once, but not again and again: a thread that is gone as soon as it was made is waited for longer each time.
      return new DeliveryError(error.message, {
        cause: error,
        ...(batch.attempt === 1 && { retryAfterMs: 0 }),
      });
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

/** How a visitor is shown in Discord. */
type Voice = PackOptions & Pick<PostStep, "as">;

function isIn(messages: readonly Message[], seq: number): boolean {
  return messages.some((message) => message.seq === seq);
}

/** How many parcels go into a plan: about {@link POSTS_A_PLAN}, all the parts of a message together. */
function wholeMessages(parcels: readonly Parcel[]): number {
  for (let count = POSTS_A_PLAN; count < parcels.length; count++) {
    if (parcels[count]?.seqs[0] !== parcels[count - 1]?.seqs[0]) return count;
  }
  return parcels.length;
}
