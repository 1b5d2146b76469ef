import type { Connection, FileReference, Message, ServiceWorker, Uuid } from "../../core/mod.ts";
import { escapeMarkdown } from "../text/escape.ts";
import { fileLine, type FileSplit, roomForLines, splitAttached, splitFiles } from "../files/uploads.ts";
import { demandHome, type FindHome } from "../home/home.ts";
import type { PackItem, PackOptions } from "./pack.ts";
import { neutralName, webhookName } from "../persona/webhook_name.ts";
import type { Webhooks } from "../persona/webhooks.ts";
import { type PostStep, prefixOf } from "./plan.ts";
import type { DiscordAttachment } from "../ports.ts";
import { isSnowflake, type Snowflake } from "../snowflake.ts";
import { aboutVisitor, shortName } from "../visitor.ts";

/** How a visitor is shown in Discord. */
export type Voice = PackOptions & Pick<PostStep, "as">;

/** What {@link Composer} needs. */
export interface ComposerOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly home: FindHome;
  /** Whether visitors are shown as the bot, or under their names by a webhook. */
  readonly persona: "bot" | "webhook";
  readonly webhooks: Pick<Webhooks, "get">;
  /** The address at which staff can open a visitor's file; none when left out. */
  readonly fileLink: ((id: string) => string) | undefined;
}

/** Gives what visitors write the form in which it is packed: whose words, the text, what it answers, its files. */
export class Composer {
  readonly #options: ComposerOptions;

  constructor(options: ComposerOptions) {
    this.#options = options;
  }

  /**
   * How a visitor is shown.
   *
   * @throws {DeliveryError} while Discord is not there: nobody knows then who may speak
   */
  async voice(connection: Connection): Promise<Voice> {
    demandHome(this.#options.home);
    const { persona, webhooks } = this.#options;
    const about = await aboutVisitor(connection);
    const name = shortName(about);
    if (persona === "bot") return name === undefined ? {} : { prefix: prefixOf(escapeMarkdown(name)) };
    const { uid } = connection;
    const shown = escapeMarkdown(name ?? neutralName(uid));
    const webhook = (await webhooks.get())?.id;
    return {
      as: { name: webhookName(about.name, uid), shown, uid, ...(webhook !== undefined && { webhook }) },
      reserve: prefixOf(shown).length,
    };
  }

  /**
   * The messages as items of a pack; deleted ones are left out.
   *
   * @param attachments of the Discord message that holds them already: an edit neither adds files nor takes them away
   * @throws {DeliveryError} while Discord is not there: nobody knows then what it takes
   */
  async items(
    connection: Connection,
    messages: readonly Message[],
    attachments?: readonly DiscordAttachment[],
  ): Promise<PackItem[]> {
    const { fileLink } = this.#options;
    const there = messages.filter((message) => message.deletedAt === undefined);
    return await Promise.all(there.map(async ({ seq, content, replyTo, files = [] }): Promise<PackItem> => {
      const { uploads, linked } = attachments === undefined
        ? this.#split(files)
        : splitAttached(files, attachments);
      const answered = replyTo === undefined ? undefined : await this.#answered(connection, replyTo, there);
      return {
        seq,
        text: content,
        ...(answered !== undefined && { replyTo: answered }),
        ...(uploads.length > 0 && { files: uploads }),
        // What hangs there is refused no more.
        ...(attachments === undefined && { room: roomForLines(uploads, fileLink) }),
        ...(linked.length > 0 && { lines: linked.map((file) => fileLine(file, fileLink)) }),
      };
    }));
  }

  #split(files: readonly FileReference[]): FileSplit {
    const home = demandHome(this.#options.home);
    // Known to be forbidden: then a link from the start, instead of a refusal that counts towards a ban of the address.
    return home.lacking.includes("Attach Files")
      ? { uploads: [], linked: files }
      : splitFiles(files, home.fileBytes);
  }

  /** The Discord message that holds one that is answered, or its `seq` when it is just on its way there. */
  async #answered(
    connection: Connection,
    seq: number,
    together: readonly Message[],
  ): Promise<Snowflake | number | undefined> {
    const [id] = await this.#options.worker.remoteIds(connection, seq);
    if (isSnowflake(id)) return id;
    return together.some((message) => message.seq === seq) ? seq : undefined;
  }
}
