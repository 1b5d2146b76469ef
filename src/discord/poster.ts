import type { FileReference, Logger } from "../core/mod.ts";
import { Code, DiscordRefusal, refusedWith } from "./errors.ts";
import type { ConversationFiles } from "./files/ports.ts";
import { fileLine, readUploads } from "./files/uploads.ts";
import { neutralName } from "./persona/webhook_name.ts";
import type { Webhook, Webhooks } from "./persona/webhooks.ts";
import { type PostStep, prefixOf } from "./plan.ts";
import type { DiscordMessage, DiscordRest, NewMessage, Upload } from "./ports.ts";
import type { Snowflake } from "./snowflake.ts";
import { MAX_CONTENT } from "./split.ts";

/** What the poster needs. */
export interface PosterOptions {
  readonly rest: DiscordRest;
  readonly webhooks: Webhooks;
  readonly persona: "bot" | "webhook";
  readonly files: ConversationFiles | undefined;
  /** The address at which staff can open a visitor's file; none when left out. */
  readonly fileLink: ((id: string) => string) | undefined;
  readonly logger: Logger;
}

/** Makes single posts, edits and deletions for visitors, as the bot or under the visitor's name. */
export class Poster {
  readonly #options: PosterOptions;

  constructor(options: PosterOptions) {
    this.#options = options;
  }

  /**
   * Posts. What Discord refuses for the sake of a trifle goes out without it.
   *
   * @returns nothing when staff have deleted the message already, which an earlier try has posted
   */
  async post(thread: Snowflake, step: PostStep): Promise<DiscordMessage | undefined> {
    const { files = [] } = step;
    const uploads = files.length === 0
      ? []
      : await readUploads(files, this.#options.files, this.#options.logger);
    const missing = files.filter(({ name }) => !uploads.some((upload) => upload.name === name));
    try {
      return await this.#post(thread, withLines(step, missing, undefined), uploads);
    } catch (error) {
      const tooLarge = refusedWith(error, Code.tooLarge) ||
        (error instanceof DiscordRefusal && error.status === 413);
      if (!tooLarge || uploads.length === 0) throw error;
      return await this.#post(thread, withLines(step, files, this.#options.fileLink), []);
    }
  }

  async #post(
    thread: Snowflake,
    step: PostStep,
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
      // The text matters more than what it refers to.
      if (replyTo === undefined || !refusedWith(error, Code.invalidForm)) throw error;
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
    { name, uid }: NonNullable<PostStep["as"]>,
    content: string,
    files: readonly Upload[],
  ): Promise<DiscordMessage | undefined> {
    const { webhooks } = this.#options;
    for (const username of [name, neutralName(uid)]) {
      const webhook = await webhooks.get();
      if (webhook === undefined) return undefined;
      try {
        return await webhooks.say(webhook, thread, { username, content, files });
      } catch (error) {
        if (refusedWith(error, Code.unknownWebhook, Code.invalidWebhookToken)) webhooks.forget();
        else if (!isAboutName(error) || username === neutralName(uid)) throw error;
      }
    }
    return undefined;
  }

  /** Edits a message of the bot's, or of its webhook's. */
  async edit(thread: Snowflake, id: Snowflake, content: string): Promise<void> {
    const { rest, webhooks } = this.#options;
    await this.#change(
      () => rest.editMessage(thread, id, content),
      (webhook) => webhooks.edit(webhook, thread, id, content),
    );
  }

  /** Deletes one. */
  async remove(thread: Snowflake, id: Snowflake): Promise<void> {
    const { rest, webhooks } = this.#options;
    await this.#change(
      () => rest.deleteMessage(thread, id),
      (webhook) => webhooks.remove(webhook, thread, id),
    );
  }

  /** Who wrote a message is not kept, since who speaks is a setting: the other one is tried when the present one has not. */
  async #change(byBot: () => Promise<void>, byWebhook: (webhook: Webhook) => Promise<void>): Promise<void> {
    const { persona, webhooks } = this.#options;
    const webhook = persona === "webhook" ? await webhooks.get() : undefined;
    if (webhook !== undefined) {
      try {
        return await byWebhook(webhook);
      } catch (error) {
        if (refusedWith(error, Code.unknownWebhook, Code.invalidWebhookToken)) webhooks.forget();
        else if (!refusedWith(error, Code.unknownMessage)) throw error;
      }
      return await byBot();
    }
    try {
      await byBot();
    } catch (error) {
      if (!refusedWith(error, Code.notTheAuthor, Code.missingPermissions)) throw error;
      const earlier = await webhooks.get();
      if (earlier === undefined) throw error;
      await byWebhook(earlier).catch((refusal) => {
        // The webhook has not written it either: what was said first counts.
        throw refusedWith(refusal, Code.unknownMessage, Code.unknownWebhook) ? error : refusal;
      });
    }
  }

  /** Whether a message was written by us. */
  isOwn({ author, webhookId }: DiscordMessage, botId: Snowflake): boolean {
    return author.id === botId || (webhookId !== undefined && this.#options.webhooks.isOwn(webhookId));
  }
}

function isAboutName(error: unknown): boolean {
  return refusedWith(error, Code.invalidForm) && /username/i.test(error.message);
}

/** The step with a line for each of the files, as far as they fit. */
function withLines(
  step: PostStep,
  files: readonly FileReference[],
  link: ((id: string) => string) | undefined,
): PostStep {
  let { content } = step;
  for (const file of files) {
    const longer = `${content}\n${fileLine(file, link)}`.trim();
    if (longer.length <= MAX_CONTENT) content = longer;
  }
  return { ...step, content };
}
