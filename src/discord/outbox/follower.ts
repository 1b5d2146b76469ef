import { DeliveryError } from "../../core/mod.ts";
import { Code, DiscordRefusal, refusedForGood, refusedWith } from "../errors.ts";
import { type Bot, demandHome, type FindHome } from "../home/home.ts";
import { alreadyPosted, type Plan, type Step } from "./plan.ts";
import type { Poster } from "./poster.ts";
import type { DiscordMessage, DiscordRest } from "../ports.ts";
import type { ShutOut } from "../refusals/shut_out.ts";
import { compareSnowflakes, justBefore, type Snowflake } from "../snowflake.ts";

const PAGE = 100;

/** How much of a thread is read to find what was posted; a plan is a few posts, staff would have to write the rest. */
const MAX_PAGES = 10;

/** How far a plan was followed. */
export interface Followed {
  /** The ids of the posts that were made, by step number. */
  readonly made: ReadonlyMap<number, Snowflake>;
  /** The step at which Discord said no, to this one message or for good; what comes after it was not tried. */
  readonly refused?: { readonly number: number; readonly error: DiscordRefusal };
}

/** Does what a plan says, step by step. */
export class Follower {
  readonly #rest: DiscordRest;
  readonly #poster: Poster;
  readonly #home: FindHome;
  readonly #shutOut: ShutOut;

  constructor(rest: DiscordRest, poster: Poster, home: FindHome, shutOut: ShutOut) {
    this.#rest = rest;
    this.#poster = poster;
    this.#home = home;
    this.#shutOut = shutOut;
  }

  /**
   * Reads in the thread which steps of an interrupted plan were done.
   *
   * @returns step number to id
   * @throws {DeliveryError} while the bot may not read there: to go on without knowing is to post twice
   */
  async lookUp(plan: Plan, bot: Bot): Promise<Map<number, Snowflake>> {
    const isOwn = await this.#poster.ownIn(plan, bot);
    const messages: DiscordMessage[] = [];
    // What is known stands in the first page, too, as long as it is there: then it proves that the thread could be read.
    let after = justBefore(plan.after);
    for (let page = 0; page < MAX_PAGES; page++) {
      const more = await this.#page(plan.thread, after);
      messages.push(...more.filter(({ id }) => compareSnowflakes(id, plan.after) > 0));
      after = more.at(-1)?.id ?? after;
      if (more.length < PAGE) break;
    }
    return alreadyPosted(plan, messages, isOwn);
  }

  /**
   * A page of messages. Discord shows an empty thread to whoever may not read its history, so an empty page counts only when the
   * history was seen to be open before it.
   *
   * https://discord.com/developers/docs/resources/message#get-channel-messages
   */
  async #page(thread: Snowflake, after: Snowflake): Promise<readonly DiscordMessage[]> {
    const read = (): Promise<readonly DiscordMessage[]> =>
      this.#unlessShutOut(thread, this.#rest.messagesAfter(thread, after, PAGE));
    const messages = await read();
    if (messages.length > 0) return messages;
    await this.#demandHistory(thread);
    return await read();
  }

  async #demandHistory(thread: Snowflake): Promise<void> {
    const reason = "Cannot look up what was posted: the bot lacks Read Message History";
    // Refusals count towards a ban: what the gateway has told is not asked for. It also tells when that is over.
    if (this.#home()?.missing.includes("Read Message History")) throw new DeliveryError(reason);
    try {
      // Asked for one message, Discord does say no. Whether there is one with this id does not matter.
      await this.#unlessShutOut(thread, this.#rest.message(thread, thread));
    } catch (error) {
      if (refusedWith(error, Code.missingPermissions)) throw new DeliveryError(reason, { cause: error });
      const isOpen = error instanceof DiscordRefusal && error.status === 404 &&
        error.code !== Code.unknownChannel;
      if (!isOpen) throw error;
    }
  }

  /**
   * Follows a plan from where it is, to its end or to the first step that Discord refuses for what it says.
   *
   * @param done steps that are known to be done
   */
  async follow(plan: Plan, done: ReadonlyMap<number, Snowflake>, signal: AbortSignal): Promise<Followed> {
    const made = new Map(done);
    for (const [number, step] of plan.steps.entries()) {
      if (made.has(number)) continue;
      if (signal.aborted) throw new DeliveryError("Cannot go on with a delivery: shutting down");
      // Without it nobody knows who has said what is to be changed, and who may.
      demandHome(this.#home);
      try {
        const id = await this.#unlessShutOut(plan.thread, this.#take(plan.thread, step, made));
        if (id !== undefined) made.set(number, id);
      } catch (error) {
        if (!refusedForGood(error)) throw error;
        return { made, refused: { number, error } };
      }
    }
    return { made };
  }

  /**
   * A thread that the bot may not see is that thread's matter, and final. When it may not see the channel either, it was put out of
   * the server or of the channel, and the gateway has not told yet: that passes, so the delivery waits. When it sees both, that has
   * passed already.
   */
  async #unlessShutOut<T>(thread: Snowflake, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!refusedWith(error, Code.missingAccess)) throw error;
      const home = this.#home();
      // The gateway has told meanwhile.
      if (home === undefined) {
        throw new DeliveryError("Cannot deliver: Discord is not there", { cause: error });
      }
      if (await this.#shutOut.suspect(home)) throw this.#shutOut.of(home) ?? error;
      await this.#rest.channel(thread);
      throw new DeliveryError("Cannot deliver: the bot could not see the thread for a moment", {
        cause: error,
      });
    }
  }

  async #take(
    thread: Snowflake,
    step: Step,
    made: ReadonlyMap<number, Snowflake>,
  ): Promise<Snowflake | undefined> {
    if (step.do === "post") {
      const { replyTo: answered, ...post } = step;
      const replyTo = typeof answered === "number" ? made.get(answered) : answered;
      return (await this.#poster.post(thread, { ...post, ...(replyTo !== undefined && { replyTo }) }))?.id;
    }
    try {
      await this.#awake(
        thread,
        () =>
          step.do === "edit"
            ? this.#poster.edit(thread, step.id, step.content)
            : this.#poster.remove(thread, step.id),
      );
    } catch (error) {
      // Deleted by staff, or together with its thread: there is nothing left to change.
      if (!refusedWith(error, Code.unknownMessage, Code.unknownChannel)) throw error;
    }
    return undefined;
  }

  /** Sending wakes an archived thread by itself, changing a message in it does not. */
  async #awake(thread: Snowflake, change: () => Promise<void>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (!refusedWith(error, Code.threadArchived)) throw error;
      await this.#rest.changeThread(thread, { archived: false });
      await change();
    }
  }
}
