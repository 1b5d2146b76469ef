import { type Connection, type Logger, LruMap, type ServiceWorker, type Uuid } from "../../core/mod.ts";
import { displayName } from "../author.ts";
import type { Desk } from "../desk.ts";
import { escapeMarkdown } from "../text/escape.ts";
import { noteBy } from "../intake/note.ts";
import type { Shown } from "../owed/thread_face.ts";
import { nonceOf } from "../outbox/plan.ts";
import type { DiscordInteraction, DiscordRest } from "../ports.ts";
import type { Snowflake } from "../snowflake.ts";
import type { CommandName } from "./definitions.ts";
import { DURATION_WORDS, parseDuration } from "./duration.ts";
import type { Answer, InteractionCalls } from "./interaction.ts";
import { transcriptOf } from "./transcript.ts";
import { describeVisitor, shownUntil } from "./who.ts";

/** The longest transcript, in bytes; Discord takes 10 MiB. */
const MAX_TRANSCRIPT_BYTES = 8_000_000;

/** How many commands are remembered, so that none is carried out twice. */
const TAKEN_KEPT = 1_000;

const FAILED = "This did not work, the log of ChatBox50 says why.";

/** What else is said of a conversation that was closed, where the thread does not show it. */
const ON_CLOSING: Readonly<Record<Shown, string>> = {
  shown: "",
  later: " Discord does not archive the thread right now, this is tried again until it does.",
  forbidden: " The thread stays open: the bot needs Manage Threads.",
  refused: " Discord refuses to archive the thread, the log of ChatBox50 says why.",
};

/** The same of one that was opened again. */
const ON_REOPENING: Readonly<Record<Shown, string>> = {
  shown: "",
  later: " Discord does not open the thread right now, this is tried again until it does.",
  forbidden: " The thread does not show it: the bot needs Manage Threads.",
  refused: " Discord refuses to open the thread, the log of ChatBox50 says why.",
};

/** What the commands need. */
export interface CommandsOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly rest: DiscordRest;
  readonly calls: InteractionCalls;
  readonly desk: Desk;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Whether somebody is of the staff, and may write where they used the command. */
  readonly isAllowed: (interaction: DiscordInteraction) => Promise<boolean>;
  readonly applicationId: () => Snowflake | undefined;
  /** Puts work behind what has happened in a thread before; false when there is no room. */
  readonly inTurn: (thread: Snowflake, work: () => Promise<void>) => boolean;
}

/** Where a command was used. */
interface Use {
  readonly interaction: DiscordInteraction;
  readonly thread: Snowflake;
  readonly connection: Connection;
  /** Whoever used it. */
  readonly by: string;
}

/** Carries out slash commands; whatever comes of it, only who used one is told. */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #taken = new LruMap<Snowflake, true>(TAKEN_KEPT);
  readonly #handlers: Readonly<Record<CommandName, (use: Use) => Promise<Answer>>> = {
    close: (use) => this.#close(use),
    reopen: (use) => this.#reopen(use),
    block: (use) => this.#block(use),
    unblock: (use) => this.#unblock(use),
    transcript: (use) => this.#transcript(use),
    note: (use) => this.#note(use),
    who: async ({ connection }) => ({
      content: await describeVisitor(connection, this.#options.worker, this.#options.desk),
    }),
  };

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** Takes a command. Never rejects. */
  async take(interaction: DiscordInteraction): Promise<void> {
    const { calls, logger } = this.#options;
    // A gateway that resumes may tell twice.
    if (this.#taken.get(interaction.id)) return;
    this.#taken.set(interaction.id, true);
    const handler = new Map(Object.entries(this.#handlers)).get(interaction.command);
    // Discord waits three seconds, so this comes before everything else.
    if (handler === undefined || !await calls.acknowledge(interaction)) return;
    try {
      await this.#begin(interaction, handler);
    } catch (error) {
      logger.error("A command failed", {
        command: interaction.command,
        thread: interaction.channelId,
        error,
      });
      await this.#answer(interaction, FAILED);
    }
  }

  async #begin(interaction: DiscordInteraction, handler: (use: Use) => Promise<Answer>): Promise<void> {
    const { worker, isAllowed, inTurn, logger } = this.#options;
    const { channelId: thread, command, user } = interaction;
    const connection = await worker.connectionOf(thread);
    if (connection === undefined) {
      return await this.#answer(interaction, `Use /${command} in the thread of a visitor.`);
    }
    if (!await isAllowed(interaction)) {
      return await this.#answer(interaction, `You may not use /${command}: it is for those who answer here.`);
    }
    const ended = Promise.withResolvers<void>();
    const work = async (): Promise<void> => {
      try {
        const answer = await handler({ interaction, thread, connection, by: displayName(user) });
        logger.info("A command was used", { command, uid: connection.uid, by: user.id });
        await this.#answer(interaction, answer.content, answer.files);
      } catch (error) {
        logger.error("A command failed", { command, uid: connection.uid, thread, error });
        await this.#answer(interaction, FAILED);
      } finally {
        ended.resolve();
      }
    };
    if (!inTurn(thread, work)) {
      return await this.#answer(interaction, "Too much is happening in this thread, try again.");
    }
    await ended.promise;
  }

  async #answer({ token }: DiscordInteraction, content: string, files?: Answer["files"]): Promise<void> {
    const { calls, applicationId } = this.#options;
    const id = applicationId();
    if (id !== undefined) await calls.answer(id, token, { content, ...(files !== undefined && { files }) });
  }

  async #close({ interaction, thread, connection, by }: Use): Promise<Answer> {
    const { desk } = this.#options;
    const reason = interaction.options.get("reason")?.trim();
    const shown = await desk.close(thread, connection, {
      by,
      after: interaction.id,
      ...(reason && { reason }),
    });
    return { content: `Closed, and the visitor was told.${ON_CLOSING[shown]}` };
  }

  async #reopen({ interaction, thread, connection }: Use): Promise<Answer> {
    const { desk } = this.#options;
    if (await desk.closed(connection) === undefined) return { content: "This conversation is open." };
    const shown = await desk.reopen(thread, connection, interaction.id);
    return { content: `Opened again, and the visitor was told.${ON_REOPENING[shown]}` };
  }

  async #block({ interaction, thread }: Use): Promise<Answer> {
    const { worker, now } = this.#options;
    const wanted = interaction.options.get("duration")?.trim() ?? "";
    const durationMs = wanted === "" ? Infinity : parseDuration(wanted);
    if (durationMs === undefined) {
      return {
        content: `Cannot block: ${escapeMarkdown(wanted)} is no duration, allowed is ${DURATION_WORDS}`,
      };
    }
    const until = now() + durationMs;
    await worker.setBlocked(thread, until);
    return { content: `Blocked ${shownUntil(until)}.` };
  }

  async #unblock({ thread, connection }: Use): Promise<Answer> {
    const { worker } = this.#options;
    if (await worker.blockedUntil(connection) === null) return { content: "This visitor is not blocked." };
    await worker.setBlocked(thread, null);
    return { content: "Not blocked any more." };
  }

  async #transcript({ connection }: Use): Promise<Answer> {
    const { worker } = this.#options;
    const { side } = worker;
    const uid = await worker.peerIdOf(connection) ?? connection.uid;
    const text = await transcriptOf(connection, { side, maxBytes: MAX_TRANSCRIPT_BYTES });
    if (text === "") return { content: "Nothing was said yet." };
    const blob = new Blob([text], { type: "text/plain; charset=utf-8" });
    return {
      content: "Here is what was said.",
      files: [{ name: `transcript-${uid}.txt`, blob }],
    };
  }

  /** What the bot itself writes never reaches a visitor. */
  async #note({ interaction, thread, connection, by }: Use): Promise<Answer> {
    const { rest } = this.#options;
    const text = interaction.options.get("text")?.trim() ?? "";
    if (text === "") return { content: "Cannot write a note: it is empty." };
    const place = interaction.id;
    const nonce = await nonceOf({ kind: "note", uid: connection.uid, place, seq: 0, rev: 0, part: 0 });
    await rest.sendMessage(thread, { content: noteBy(by, text), nonce });
    return { content: "Noted; the visitor does not see it." };
  }
}
