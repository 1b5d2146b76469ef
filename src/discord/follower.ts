import { DeliveryError } from "../core/mod.ts";
import { Code, refusedWith } from "./errors.ts";
import { alreadyPosted, type Plan, type Step } from "./plan.ts";
import type { DiscordMessage, DiscordRest, NewMessage } from "./ports.ts";
import type { Snowflake } from "./snowflake.ts";

const PAGE = 100;

/** How much of a thread is read to find what was posted; a plan is a few posts, staff would have to write the rest. */
const MAX_PAGES = 10;

/** Does what a plan says, step by step. */
export class Follower {
  readonly #rest: DiscordRest;

  constructor(rest: DiscordRest) {
    this.#rest = rest;
  }

  /**
   * Reads in the thread which steps of an interrupted plan were done.
   *
   * @returns step number to id
   */
  async lookUp(plan: Plan, botId: Snowflake): Promise<ReadonlyMap<number, Snowflake>> {
    const messages: DiscordMessage[] = [];
    let after = plan.after;
    for (let page = 0; page < MAX_PAGES; page++) {
      const more = await this.#rest.messagesAfter(plan.thread, after, PAGE);
      messages.push(...more);
      after = more.at(-1)?.id ?? after;
      if (more.length < PAGE) break;
    }
    return alreadyPosted(plan, messages, botId);
  }

  /**
   * Follows a plan from where it is.
   *
   * @param done steps that are known to be done
   * @returns the ids of all its posts, by step number
   */
  async follow(
    plan: Plan,
    done: ReadonlyMap<number, Snowflake>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Snowflake>> {
    const made = new Map(done);
    for (const [number, step] of plan.steps.entries()) {
      if (made.has(number)) continue;
      if (signal.aborted) throw new DeliveryError("Cannot go on with a delivery: shutting down");
      const id = await this.#take(plan.thread, step);
      if (id !== undefined) made.set(number, id);
    }
    return made;
  }

  async #take(thread: Snowflake, step: Step): Promise<Snowflake | undefined> {
    if (step.do === "post") return (await this.#post(thread, step))?.id;
    try {
      await this.#awake(
        thread,
        () =>
          step.do === "edit"
            ? this.#rest.editMessage(thread, step.id, step.content)
            : this.#rest.deleteMessage(thread, step.id),
      );
    } catch (error) {
      // Deleted by staff, or together with its thread: there is nothing left to change.
      if (!refusedWith(error, Code.unknownMessage, Code.unknownChannel)) throw error;
    }
    return undefined;
  }

  /** Gives nothing when staff have deleted the message already, which an earlier try has posted. */
  async #post(
    thread: Snowflake,
    { nonce, content, replyTo }: Step & { do: "post" },
  ): Promise<DiscordMessage | undefined> {
    try {
      return await this.#send(thread, { content, nonce, ...(replyTo !== undefined && { replyTo }) });
    } catch (error) {
      // The text matters more than what it refers to.
      if (replyTo === undefined || !refusedWith(error, Code.invalidForm)) throw error;
      return await this.#send(thread, { content, nonce });
    }
  }

  async #send(thread: Snowflake, message: NewMessage): Promise<DiscordMessage | undefined> {
    try {
      return await this.#rest.sendMessage(thread, message);
    } catch (error) {
      if (!refusedWith(error, Code.unknownMessage)) throw error;
      if (message.replyTo === undefined) return undefined;
      // Which one Discord does not know: what is answered, or what had this nonce? Without the first it is the second.
      const { replyTo: _, ...rest } = message;
      return await this.#send(thread, rest);
    }
  }

  /** Sending wakes an archived thread by itself, changing a message in it does not. */
  async #awake(thread: Snowflake, change: () => Promise<void>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (!refusedWith(error, Code.threadArchived)) throw error;
      await this.#rest.unarchive(thread);
      await change();
    }
  }
}
