import { type Clock, type Connection, type JsonValue, type Logger, LruMap } from "../../core/mod.ts";
import { Code, DiscordRefusal, DiscordUnreachable, failureFields, optional, refusedWith } from "../errors.ts";
import type { FindHome, Home } from "../home/home.ts";
import { Lanes } from "../intake/lanes.ts";
import type { DiscordChannel, DiscordRest } from "../ports.ts";
import type { Snowflake } from "../snowflake.ts";
import { tagsAfter } from "../threads/tags.ts";
import { CLOSED, TO_SHOW } from "../threads/thread_properties.ts";
import { RetryLine } from "./retry_line.ts";

/** Threads of which it is known which note of theirs is the latest. */
const NOTES_KEPT = 5_000;

/** Attempts that wait in one thread; each brings what is to be shown by then, so that one that waits already is as good. */
const LANE_CAPACITY = 10;

/**
 * What has become of it. `later`: Discord could not be asked, or does not at the moment, and it is tried again by itself. `forbidden`:
 * the bot lacks a permission. `refused`: Discord has another reason, which the log names.
 */
export type Shown = "shown" | "later" | "forbidden" | "refused";

/** What {@link ThreadFace} needs. */
export interface ThreadFaceOptions {
  readonly worker: { connectionOf(thread: Snowflake): Promise<Connection | undefined> };
  readonly rest: Pick<DiscordRest, "changeThread" | "channel">;
  readonly home: FindHome;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Jitter, from 0 to below 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Something that a stop waits for; it never rejects. */
  readonly attend: (work: Promise<void>) => void;
}

/**
 * Brings the archiving and the tags of threads into line with whether their conversations are closed. What is still to be shown is kept
 * with the connection until Discord shows it or refuses it, so that neither an outage nor a restart leaves a thread behind.
 */
export class ThreadFace {
  readonly #options: ThreadFaceOptions;
  readonly #lanes: Lanes<Snowflake>;
  readonly #line: RetryLine;
  /** The number of the latest note. */
  readonly #latest = new LruMap<Snowflake, number>(NOTES_KEPT);
  #notes = 0;

  constructor(options: ThreadFaceOptions) {
    this.#options = options;
    this.#lanes = new Lanes({
      capacity: LANE_CAPACITY,
      onError: (error, thread) =>
        options.logger.error("Cannot show whether a conversation is closed", { thread, error }),
    });
    this.#line = new RetryLine({
      ...options,
      retry: async (thread) => await this.#retry(thread) === "later",
    });
  }

  /**
   * Keeps, in one step with what it tells of, that a thread is to show whether its conversation is closed; {@link ThreadFace.show} is to
   * follow.
   *
   * @param patch what changes in the connection's properties
   * @param since when staff or the visitor wanted it, Unix milliseconds by Discord's clock: whoever archives or wakes the thread later
   *   means it so. Left out where nobody but the bot has touched it
   */
  async note(
    thread: Snowflake,
    { properties }: Connection,
    patch: Readonly<Record<string, JsonValue | undefined>>,
    since?: number,
  ): Promise<void> {
    // Before it is stored: an attempt that ends now must not take the new note for its own.
    this.#latest.set(thread, ++this.#notes);
    await properties.update({ ...patch, [TO_SHOW]: since === undefined ? {} : { since } });
  }

  /** Shows what was noted. Never rejects. */
  async show(thread: Snowflake, connection: Connection): Promise<Shown> {
    const shown = await this.#inTurn(thread, () => this.#attempt(thread, connection, false));
    if (shown === "later") this.#line.add(thread);
    return shown;
  }

  /** Something may still be noted from before: it is tried soon. */
  takeUp(thread: Snowflake): void {
    this.#line.add(thread);
  }

  async #retry(thread: Snowflake): Promise<Shown> {
    return await this.#inTurn(thread, async () => {
      const connection = await this.#options.worker.connectionOf(thread);
      return connection === undefined ? "shown" : await this.#attempt(thread, connection, true);
    });
  }

  /** One attempt after the other in a thread, or an older one might be the last to arrive. */
  async #inTurn(thread: Snowflake, attempt: () => Promise<Shown>): Promise<Shown> {
    // What the store does not give now it gives later.
    let shown: Shown = "later";
    const { promise, resolve } = Promise.withResolvers<void>();
    const isTaken = this.#lanes.run(thread, async () => {
      try {
        shown = await attempt();
      } finally {
        resolve();
      }
    });
    if (isTaken) await promise;
    return shown;
  }

  async #attempt(thread: Snowflake, { uid, properties }: Connection, isAgain: boolean): Promise<Shown> {
    const { home, logger } = this.#options;
    const number = this.#latest.get(thread);
    const { [TO_SHOW]: note, [CLOSED]: closed } = await properties.all();
    if (note === undefined) return "shown";
    const where = home();
    if (where === undefined) return "later";
    const isLatest = (): boolean => this.#latest.get(thread) === number;
    const goal = { open: closed === undefined, since: sinceOf(note), isAgain };
    const fields = { uid, thread, open: goal.open };
    let shown: Shown = "shown";
    try {
      const isChanged = await this.#bring(thread, goal, where, async () => {
        // Whoever wakes it to tag it leaves a time that says nothing about others.
        await properties.change(TO_SHOW, (now) => isLatest() ? {} : now);
      });
      if (isAgain && isChanged) logger.info("A thread shows now whether its conversation is closed", fields);
    } catch (error) {
      if (!(error instanceof DiscordUnreachable || error instanceof DiscordRefusal)) throw error;
      shown = outcomeOf(error);
      if (!isAgain || shown !== "later") logger.warn(LINES[shown], { ...fields, ...failureFields(error) });
      // A channel that is out of sight comes back with all that is noted.
      if (shown === "later" || refusedWith(error, Code.missingAccess)) return shown;
    }
    await properties.change(TO_SHOW, (now) => isLatest() ? undefined : now);
    return shown;
  }

  /**
   * @param beforeWaking called before the thread is woken for no other reason than to be changed
   * @returns whether anything had to be changed
   */
  async #bring(
    thread: Snowflake,
    goal: Goal,
    { channel: { id: homeId, tags: known } }: Home,
    beforeWaking: () => Promise<void>,
  ): Promise<boolean> {
    const { rest } = this.#options;
    const { open, isAgain } = goal;
    const isTagged = tagsAfter(known, [], open) !== undefined;
    const now = isAgain || isTagged ? await optional(rest.channel(thread), undefined) : undefined;
    if (isAgain && now !== undefined && isByHand(now, goal)) return false;
    // Moved into another channel: the tags there are not ours.
    const tags = now?.parentId === homeId ? tagsAfter(known, now.appliedTags, open) : undefined;
    const isTaggedSo = tags === undefined || tags.toSorted().join() === now?.appliedTags.toSorted().join();
    if (isAgain && now?.archived === !open && isTaggedSo) return false;
    const change = { archived: !open, ...(tags !== undefined && { tags }) };
    try {
      await rest.changeThread(thread, change);
    } catch (error) {
      // A locked thread is for moderators to open; what else is refused in an archived one works in one that is awake.
      if (!refusedWith(error, Code.threadArchived)) throw error;
      await beforeWaking();
      await rest.changeThread(thread, { archived: false });
      await rest.changeThread(thread, change);
    }
    return true;
  }
}

/** What an attempt is to bring about. */
interface Goal {
  /** Awake and tagged as open, or archived and tagged as closed. */
  readonly open: boolean;
  readonly since: number | undefined;
  /** Others may have been at it since it was noted. */
  readonly isAgain: boolean;
}

const LINES: Readonly<Record<Exclude<Shown, "shown">, string>> = {
  later: "A thread does not show yet whether its conversation is closed, trying again",
  forbidden: "A thread does not show whether it is closed: the bot lacks Manage Threads",
  refused: "A thread does not show whether it is closed",
};

function outcomeOf(error: DiscordUnreachable | DiscordRefusal): Exclude<Shown, "shown"> {
  // A token is put right by the operator, with the next start at the latest.
  if (error instanceof DiscordUnreachable || error.status === 401) return "later";
  return refusedWith(error, Code.missingPermissions, Code.missingAccess) ? "forbidden" : "refused";
}

/** Whether somebody has archived or woken the thread since, against what it was to show. */
function isByHand({ archived, archiveTimestamp }: DiscordChannel, { open, since }: Goal): boolean {
  return since !== undefined && archived === open && Date.parse(archiveTimestamp ?? "") > since;
}

function sinceOf(note: JsonValue): number | undefined {
  const since = typeof note === "object" && note !== null ? Reflect.get(note, "since") : undefined;
  return typeof since === "number" ? since : undefined;
}
