import type { Connection, JsonValue, Logger, Message, ServiceWorker, Uuid } from "../core/mod.ts";
import { Code, DiscordRefusal, refusedWith } from "./errors.ts";
import type { FindHome } from "./home.ts";
import type { DiscordRest } from "./ports.ts";
import { compareSnowflakes, isSnowflake, type Snowflake } from "./snowflake.ts";
import { tagsAfter } from "./tags.ts";

/** Property of a connection that is closed. */
const CLOSED = "closed";

/** How a conversation was closed. */
export interface Closed {
  /** Unix milliseconds. */
  readonly at: number;
  /** Whoever of the staff did it. */
  readonly by: string;
  readonly reason?: string;
  /** What is older than this id was said before. */
  readonly after: Snowflake;
}

/** What the desk needs. */
export interface DeskOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly rest: Pick<DiscordRest, "changeThread" | "channel">;
  readonly home: FindHome;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Whether a visitor's next message opens a closed conversation again, or only staff do. */
  readonly reopenOn: "message" | "staff";
}

/** Opens and closes conversations: kept in the connection's properties, told to the visitor, shown by the thread. */
export class Desk {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** How a conversation was closed; `undefined` when it is open. */
  async closed(connection: Connection): Promise<Closed | undefined> {
    return readClosed(await connection.properties.get(CLOSED));
  }

  /**
   * Closes a conversation.
   *
   * @returns whether the thread shows it, too
   */
  async close(thread: Snowflake, connection: Connection, closed: Omit<Closed, "at">): Promise<boolean> {
    const { reason } = closed;
    await connection.properties.set(CLOSED, { ...closed, at: this.#options.now() });
    await this.#tell(
      thread,
      reason === undefined ? "This conversation was closed." : `This conversation was closed: ${reason}`,
    );
    return await this.#show(thread, connection, false);
  }

  /** Opens a conversation again, because staff want to. @returns whether the thread shows it, too */
  async reopen(thread: Snowflake, connection: Connection): Promise<boolean> {
    await connection.properties.set(CLOSED, undefined);
    await this.#tell(thread, "This conversation was opened again.");
    return await this.#show(thread, connection, true);
  }

  /**
   * A visitor writes: opens their conversation again when it was closed before that.
   *
   * @returns those of the messages that must not be delivered, because only staff open a closed conversation
   */
  async visitorWrote(
    thread: Snowflake,
    connection: Connection,
    messages: readonly Message[],
  ): Promise<readonly Message[]> {
    const closed = await this.closed(connection);
    if (closed === undefined) return [];
    const late = messages.filter(({ createdAt }) => createdAt > closed.at);
    if (late.length === 0 || this.#options.reopenOn === "staff") return late;
    await connection.properties.set(CLOSED, undefined);
    await this.#show(thread, connection, true);
    return [];
  }

  /** Staff write for the visitor: that opens a closed conversation, and Discord has woken the thread already. */
  async staffWrote(thread: Snowflake, connection: Connection, messageId: Snowflake): Promise<void> {
    const closed = await this.closed(connection);
    if (closed === undefined || compareSnowflakes(messageId, closed.after) <= 0) return;
    await connection.properties.set(CLOSED, undefined);
    await this.#show(thread, connection, true);
  }

  /** Something was delivered, which wakes an archived thread: one that was closed meanwhile is put to sleep again. */
  async keepShut(thread: Snowflake, connection: Connection): Promise<void> {
    if (await this.closed(connection) !== undefined) await this.#show(thread, connection, false);
  }

  async #tell(thread: Snowflake, content: string): Promise<void> {
    await this.#options.worker.send(thread, { content, data: { system: true } });
  }

  /** Archives or wakes the thread and tags it; the conversation does not depend on it. */
  async #show(thread: Snowflake, { uid }: Connection, open: boolean): Promise<boolean> {
    try {
      await this.#change(thread, open);
      return true;
    } catch (error) {
      const permission = refusedWith(error, Code.missingPermissions, Code.missingAccess);
      this.#options.logger.warn(
        permission
          ? "A thread does not show whether it is closed: the bot lacks Manage Threads"
          : "A thread does not show whether it is closed",
        { uid, thread, open, error },
      );
      return false;
    }
  }

  async #change(thread: Snowflake, open: boolean): Promise<void> {
    const { rest, home } = this.#options;
    const tags = await this.#tags(thread, open, home()?.channel.tags ?? []);
    const change = { archived: !open, ...(tags !== undefined && { tags }) };
    try {
      await rest.changeThread(thread, change);
    } catch (error) {
      // A locked thread is for moderators to open; what else is refused in an archived one works in one that is awake.
      if (!(error instanceof DiscordRefusal) || error.code !== Code.threadArchived) throw error;
      await rest.changeThread(thread, { archived: false });
      await rest.changeThread(thread, change);
    }
  }

  async #tags(
    thread: Snowflake,
    open: boolean,
    known: Parameters<typeof tagsAfter>[0],
  ): Promise<readonly Snowflake[] | undefined> {
    if (tagsAfter(known, [], open) === undefined) return undefined;
    const { appliedTags, parentId } = await this.#options.rest.channel(thread);
    // Moved into another channel: the tags there are not ours.
    if (parentId !== this.#options.home()?.channel.id) return undefined;
    return tagsAfter(known, appliedTags, open);
  }
}

function readClosed(value: JsonValue | undefined): Closed | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const at = fields.get("at");
  const after = fields.get("after");
  const reason = fields.get("reason");
  if (typeof at !== "number" || !isSnowflake(after)) return undefined;
  return { at, after, by: String(fields.get("by")), ...(typeof reason === "string" && { reason }) };
}
