import {
  type Logger,
  type Message,
  PermanentDeliveryError,
  type ServiceWorker,
  type Uuid,
} from "../../core/mod.ts";
import { type ChangeGroup, groupsOf } from "./change_groups.ts";
import { DiscordRefusal, refusedForGood } from "../errors.ts";
import type { FindHome } from "../home/home.ts";
import { pack, type Parcel } from "./pack.ts";
import { idsOf, nonceOf, type Step } from "./plan.ts";
import type { DiscordAttachment, DiscordRest } from "../ports.ts";
import { wordsOnRefusal } from "./refused_change.ts";
import type { Snowflake } from "../snowflake.ts";
import { isAboutMessage, verdictOnPost } from "../verdict.ts";
import type { Composer, Voice } from "./composer.ts";
import type { Batch, PlanRunner } from "./plan_runner.ts";
import { areBefore, type QuotedHistory } from "./quoted_history.ts";
import { isOfChannel, type RefusedPosts } from "../refusals/refused_posts.ts";

/** Before a part for which there was no room where the message stands. */
const CONTINUED = "*(continued)*\n";

/** What {@link Changes} needs. */
export interface ChangesOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly rest: Pick<DiscordRest, "message">;
  readonly composer: Composer;
  readonly runner: PlanRunner;
  readonly history: QuotedHistory;
  readonly home: FindHome;
  readonly logger: Logger;
  readonly refusals: { readonly posts: RefusedPosts };
}

/** Brings edits and deletions to what stands in Discord already, in all its parts. */
export class Changes {
  readonly #options: ChangesOptions;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** Brings changes, in order, and confirms them. */
  async bring(batch: Batch, changes: readonly Message[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#bringEach(batch, changes);
    await batch.confirm({ rev: Math.max(...changes.map(({ rev }) => rev)) });
  }

  async #bringEach(batch: Batch, changes: readonly Message[]): Promise<void> {
    const { worker, composer } = this.#options;
    const voice = await composer.voice(batch.connection);
    for (const group of await groupsOf(changes, worker, batch.connection)) {
      const parcels = await this.#parcels(batch, group, voice);
      const meant = changes.filter(({ seq }) => group.messages.some((message) => message.seq === seq));
      let refusedPost: DiscordRefusal | undefined;
      try {
        // What stood in a thread that is gone stands in this one as a quote.
        if (areBefore(group.ids, batch.id)) await this.#options.history.rewrite(batch, group.seq);
        else refusedPost = await this.#rewrite(batch, group, parcels, voice);
      } catch (error) {
        if (!refusedForGood(error)) throw error;
        await this.#giveUp(batch, group, meant, parcels, error);
        continue;
      }
      // Nothing more can be said there: the words about it would be one more refusal.
      if (refusedPost !== undefined) await this.#fail(batch, meant, refusedPost);
      else this.#options.refusals.posts.arrived(batch.id);
    }
  }

  /** A group as it reads now. */
  async #parcels(batch: Batch, group: ChangeGroup, voice: Voice): Promise<Parcel[]> {
    // Without what they answer: that stands where it was posted, and would tear apart what was packed before it was known.
    const attachments = await this.#attachments(batch, group);
    const items = await this.#options.composer.items(batch.connection, group.messages, attachments);
    const answerless = items.map(({ replyTo: _, ...item }) => item);
    const parcels = pack(answerless, voice);
    if (parcels.length <= group.ids.length && group.displaced === undefined) return parcels;
    return pack(answerless, { ...voice, reserve: (voice.reserve ?? 0) + CONTINUED.length });
  }

  /** What hangs on a group's first Discord message, with which all its files went that Discord has taken. */
  async #attachments(batch: Batch, { messages, ids }: ChangeGroup): Promise<readonly DiscordAttachment[]> {
    const { rest, home } = this.#options;
    const [first] = ids;
    const hasFiles = messages.some(({ files = [], deletedAt }) =>
      files.length > 0 && deletedAt === undefined
    );
    if (!hasFiles || first === undefined || areBefore(ids, batch.id)) return [];
    // To name a file that hangs there is better than to name one no more that does not.
    if (home()?.missing.includes("Read Message History")) return [];
    try {
      return (await rest.message(batch.id, first)).attachments;
    } catch (error) {
      // What is gone has no files; what is refused for another reason is so when it is changed, too.
      if (!(error instanceof DiscordRefusal)) throw error;
      return [];
    }
  }

  /** Gives why a part could not be posted for which there is no room where the messages stand: then all is as it was. */
  async #rewrite(
    batch: Batch,
    group: ChangeGroup,
    parcels: readonly Parcel[],
    { as }: Voice,
  ): Promise<DiscordRefusal | undefined> {
    const { uid } = batch.connection;
    const room = group.ids.length;
    // First: what finds no room any more must stand elsewhere before it is cut out here, in case Discord refuses it.
    const posts = await Promise.all(
      parcels.slice(room).map(async ({ content }, index): Promise<Step> => {
        const part = room + index;
        const source = { kind: "edit", uid, place: batch.id, seq: group.seq, rev: group.rev, part } as const;
        const nonce = await nonceOf(source);
        const [replyTo] = group.ids;
        // It stands below what was said since: the answer tells where it belongs, and a further part follows at once.
        return index > 0 || replyTo === undefined
          ? { do: "post", nonce, content, ...(as && { as }) }
          : { do: "post", nonce, content: `${CONTINUED}${content}`, replyTo, ...(as && { as }) };
      }),
    );
    const changes = group.ids.map((id, part): Step => {
      const parcel = parcels[part];
      if (parcel === undefined) return { do: "delete", id };
      const sign = part === group.displaced ? CONTINUED : "";
      return { do: "edit", id, content: `${sign}${parcel.content}` };
    });
    const ids = idsOf(parcels, (part) => group.ids[part] ?? part - room);
    const emptied = group.messages.filter(({ seq }) => !ids.some((entry) => entry.seq === seq));
    const { refusedPost } = await this.#options.runner.run(batch, {
      steps: [...posts, ...changes],
      ids: [...ids, ...emptied.map(({ seq }) => ({ seq, ids: [] }))],
      seq: 0,
      revs: [],
    }, []);
    return refusedPost;
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
    const home = this.#options.home();
    if (isAboutMessage(error) || home !== undefined && isOfChannel(error, home)) {
      await this.#fail(batch, changes, error);
      return;
    }
    const { uid } = batch.connection;
    const { seq, rev } = group;
    const { logger, runner } = this.#options;
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
    const { refusedPost } = await runner.run(batch, { steps, ids: [], seq: 0, rev, revs: [] }, []);
    if (refusedPost !== undefined) await this.#fail(batch, changes, refusedPost);
  }

  /** Whoever wrote it is told, unless nobody can say anything in the channel; who refuses is not asked again. */
  async #fail(batch: Batch, changes: readonly Message[], refusal: DiscordRefusal): Promise<void> {
    const home = this.#options.home();
    if (!isAboutMessage(refusal) && home !== undefined && isOfChannel(refusal, home)) throw refusal;
    const verdict = verdictOnPost(refusal, home);
    if (verdict instanceof PermanentDeliveryError) await batch.fail(changes, verdict);
    if (home !== undefined) this.#options.refusals.posts.remember(batch.id, home, refusal, verdict);
  }
}
