import type { FileReference, Logger } from "../../core/mod.ts";
import { Code, DiscordRefusal, refusedWith } from "../errors.ts";
import type { ConversationFiles } from "../files/ports.ts";
import { fileLines, readUploads } from "../files/uploads.ts";
import type { Bot, FindHome } from "../home/home.ts";
import { neutralName } from "../persona/webhook_name.ts";
import type { Webhook, Webhooks } from "../persona/webhooks.ts";
import { isOwn } from "../own.ts";
import { type DuePost, type Persona, type Plan, prefixOf } from "./plan.ts";
import type { DiscordMessage, DiscordRest, NewMessage, Upload } from "../ports.ts";
import type { Snowflake } from "../snowflake.ts";
import { MAX_CONTENT } from "../text/split.ts";

/** Threads that are known to be in other channels than the present one. */
const THREADS_KEPT = 1_000;

/** What the poster needs. */
export interface PosterOptions {
  readonly rest: DiscordRest;
  readonly webhooks: Webhooks;
  readonly home: FindHome;
  readonly persona: "bot" | "webhook";
  readonly files: ConversationFiles | undefined;
  /** The address at which staff can open a visitor's file; none when left out. */
  readonly fileLink: ((id: string) => string) | undefined;
  readonly logger: Logger;
}

/** Makes single posts, edits and deletions for visitors, as the bot or under the visitor's name. */
export class Poster {
  readonly #options: PosterOptions;
  /** Threads in channels of which the present webhook does not know, and those channels. */
  readonly #elsewhere = new Map<Snowflake, Snowflake>();

  constructor(options: PosterOptions) {
    this.#options = options;
  }

  /**
   * Posts. What Discord refuses for the sake of a trifle goes out without it.
   *
   * @returns nothing when staff have deleted the message already, which an earlier try has posted
   */
  async post(thread: Snowflake, step: DuePost): Promise<DiscordMessage | undefined> {
    const { files = [] } = step;
    const { uploads, missing } = await readUploads(files, this.#options.files, this.#options.logger);
    try {
      return await this.#post(thread, withLines(step, missing, undefined), uploads);
    } catch (error) {
      if (uploads.length === 0 || !mayBeAboutFiles(error)) throw error;
      const posted = await this.#post(thread, withLines(step, files, this.#options.fileLink), []);
      if (refusedWith(error, Code.missingPermissions)) {
        this.#options.logger.warn(
          "Discord takes no files from the bot: give it the permission Attach Files",
          {
            thread,
          },
        );
      }
      return posted;
    }
  }

  async #post(
    thread: Snowflake,
    step: DuePost,
    files: readonly Upload[],
  ): Promise<DiscordMessage | undefined> {
    const { as, content } = step;
    // A webhook cannot answer a message: then the bot does it.
    if (as !== undefined && step.replyTo === undefined) {
      const said = await this.#sayAs(thread, as, content, files);
      if (said !== undefined) return said;
    }
    const { nonce, replyTo } = step;
    const message: NewMessage = {
      // The plan has left room for the name.
      content: as === undefined ? content : `${prefixOf(as.shown)}${content}`.trim(),
      nonce,
      ...(files.length > 0 && { files }),
    };
    try {
      return await this.#send(thread, { ...message, ...(replyTo !== undefined && { replyTo }) });
    } catch (error) {
      // The text matters more than what it refers to, which takes the permission to read the history.
      const about = refusedWith(error, Code.invalidForm, Code.cannotReplyBlindly);
      if (replyTo === undefined || !about) throw error;
      return await this.#send(thread, message);
    }
  }

  async #send(thread: Snowflake, message: NewMessage): Promise<DiscordMessage | undefined> {
    try {
      return await this.#options.rest.sendMessage(thread, message);
    } catch (error) {
      if (!refusedWith(error, Code.unknownMessage)) throw error;
      if (message.replyTo === undefined) return undefined;
      // Which one Discord does not know: what is answered, or what had this nonce? Without the first it is the second.
      const { replyTo: _, ...rest } = message;
      return await this.#send(thread, rest);
    }
  }

  /** Gives `undefined` when there is no webhook to say it. */
  async #sayAs(
    thread: Snowflake,
    { name, uid }: Persona,
    content: string,
    files: readonly Upload[],
  ): Promise<DiscordMessage | undefined> {
    const { webhooks } = this.#options;
    if (this.#isElsewhere(thread)) return undefined;
    const neutral = neutralName(uid);
    let username = name;
    // Once with a new webhook and once with a neutral name, whichever is needed first; the one does not use up the other.
    for (let isRenewed = false;;) {
      const webhook = await webhooks.get();
      if (webhook === undefined) return undefined;
      try {
        return await webhooks.say(webhook, thread, { username, content, files });
      } catch (error) {
        if (refusedWith(error, Code.unknownWebhook, Code.invalidWebhookToken)) {
          webhooks.forget();
          if (isRenewed) return undefined;
          isRenewed = true;
        } else if (refusedWith(error, Code.unknownChannel)) {
          // A webhook knows only the threads of its own channel: whether this one is gone is asked the bot's way.
          await this.#parentOf(thread);
          return undefined;
        } else if (isAboutName(error) && username !== neutral) username = neutral;
        else throw error;
      }
    }
  }

  /** Edits a message of the bot's, or of its webhook's. */
  async edit(thread: Snowflake, id: Snowflake, content: string): Promise<void> {
    const { rest, webhooks } = this.#options;
    await this.#change(
      thread,
      () => rest.editMessage(thread, id, content),
      (webhook) => webhooks.edit(webhook, thread, id, content),
    );
  }

  /** Deletes one. */
  async remove(thread: Snowflake, id: Snowflake): Promise<void> {
    const { rest, webhooks } = this.#options;
    await this.#change(
      thread,
      () => rest.deleteMessage(thread, id),
      (webhook) => webhooks.remove(webhook, thread, id),
    );
  }

  /** Who wrote a message is not kept, since who speaks is a setting: the other one is tried when the present one has not. */
  async #change(
    thread: Snowflake,
    byBot: () => Promise<void>,
    byWebhook: (webhook: Webhook) => Promise<void>,
  ): Promise<void> {
    const { persona, webhooks } = this.#options;
    if (persona === "webhook" && await this.#changeBy(await this.#webhookIn(thread), thread, byWebhook)) {
      return;
    }
    try {
      await byBot();
    } catch (error) {
      if (persona === "webhook" || !refusedWith(error, Code.notTheAuthor, Code.missingPermissions)) {
        throw error;
      }
      // The webhook has not written it either: what was said first counts.
      if (!await this.#changeBy(await webhooks.find(), thread, byWebhook)) throw error;
    }
  }

  /** @returns false when the webhook has not written it, or there is none */
  async #changeBy(
    webhook: Webhook | undefined,
    thread: Snowflake,
    change: (webhook: Webhook) => Promise<void>,
  ): Promise<boolean> {
    if (webhook === undefined) return false;
    const { webhooks } = this.#options;
    try {
      await change(webhook);
      return true;
    } catch (error) {
      if (refusedWith(error, Code.unknownWebhook, Code.invalidWebhookToken)) webhooks.forget();
      else if (refusedWith(error, Code.unknownChannel)) {
        const parent = await this.#parentOf(thread);
        const earlier = parent === undefined ? undefined : await webhooks.find(parent);
        if (earlier !== undefined && earlier.id !== webhook.id) {
          return await this.#changeBy(earlier, thread, change);
        }
      } else if (!refusedWith(error, Code.unknownMessage)) throw error;
      return false;
    }
  }

  /** The webhook by which a visitor has spoken in a thread: that of the channel in which the thread is. */
  async #webhookIn(thread: Snowflake): Promise<Webhook | undefined> {
    const { webhooks } = this.#options;
    return this.#isElsewhere(thread)
      ? await webhooks.find(this.#elsewhere.get(thread))
      : await webhooks.get();
  }

  /** Whether a thread is known to be in another channel than the present one, whose webhook cannot speak there. */
  #isElsewhere(thread: Snowflake): boolean {
    const parent = this.#elsewhere.get(thread);
    return parent !== undefined && parent !== this.#options.home()?.channel.id;
  }

  /**
   * The channel of a thread of which a webhook does not know.
   *
   * @throws {DiscordRefusal} 10003 when the thread is gone indeed
   */
  async #parentOf(thread: Snowflake): Promise<Snowflake | undefined> {
    const { parentId } = await this.#options.rest.channel(thread);
    if (parentId === undefined) return undefined;
    const [oldest] = this.#elsewhere.keys();
    if (this.#elsewhere.size >= THREADS_KEPT && oldest !== undefined) this.#elsewhere.delete(oldest);
    this.#elsewhere.set(thread, parentId);
    return parentId;
  }

  /**
   * Tells what in a thread was written by us. It is known for sure: to take a post of ours for somebody else's is to post it twice.
   *
   * @throws {DiscordUnreachable} while it cannot be found out
   */
  async ownIn({ steps }: Plan, bot: Bot): Promise<(message: DiscordMessage) => boolean> {
    const { webhooks } = this.#options;
    const personas = steps.flatMap((step) => step.do === "post" && step.as !== undefined ? [step.as] : []);
    // A server that does not name the application of a webhook may have a new one since the plan was made.
    if (personas.length > 0) await webhooks.find();
    const planned = new Set(personas.map(({ webhook }) => webhook));
    return (message) => isOwn(message, bot, (id) => planned.has(id) || webhooks.isOwn(id));
  }
}

/** Without them it is seen whether it was them: one code tells that the bot may not send at all, or no files. */
function mayBeAboutFiles(error: unknown): boolean {
  const codes = [Code.tooLarge, Code.fileTooLarge, Code.uploadsLimited, Code.missingPermissions];
  return refusedWith(error, ...codes) ||
    (error instanceof DiscordRefusal && error.status === 413);
}

function isAboutName(error: unknown): boolean {
  return refusedWith(error, Code.invalidForm) && /username/i.test(error.message);
}

/** The step with lines for files: the pack has left room for them, and for the name that the bot puts before it. */
function withLines(
  step: DuePost,
  files: readonly FileReference[],
  link: ((id: string) => string) | undefined,
): DuePost {
  const { content, as } = step;
  const room = MAX_CONTENT - content.length - (as === undefined ? 0 : prefixOf(as.shown).length);
  return { ...step, content: [content, ...fileLines(files, link, room)].join("\n").trim() };
}
