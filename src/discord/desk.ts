import type { Connection, JsonValue, Message, ServiceWorker, Uuid } from "../core/mod.ts";
import type { Shown, ThreadFace } from "./owed/thread_face.ts";
import { compareSnowflakes, isSnowflake, type Snowflake, snowflakeTime } from "./snowflake.ts";
import { CLOSED } from "./threads/thread_properties.ts";

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
  /** Shows staff by the thread what is decided here. */
  readonly face: Pick<ThreadFace, "note" | "show">;
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
  async close(thread: Snowflake, connection: Connection, closed: Omit<Closed, "at">): Promise<Shown> {
    const { reason, after } = closed;
    const kept = { ...closed, at: this.#options.now() };
    await this.#keep(thread, connection, kept, snowflakeTime(after));
    const shown = this.#options.face.show(thread, connection);
    await this.#tell(
      thread,
      reason === undefined ? "This conversation was closed." : `This conversation was closed: ${reason}`,
    );
    return await shown;
  }

  /**
   * Opens a conversation again, because staff want to.
   *
   * @param by the id of what they did
   * @returns whether the thread shows it, too
   */
  async reopen(thread: Snowflake, connection: Connection, by: Snowflake): Promise<Shown> {
    await this.#keep(thread, connection, undefined, snowflakeTime(by));
    const shown = this.#options.face.show(thread, connection);
    await this.#tell(thread, "This conversation was opened again.");
    return await shown;
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
    await this.#keep(thread, connection, undefined, this.#options.now());
    await this.#options.face.show(thread, connection);
    return [];
  }

  /** Staff write for the visitor: that opens a closed conversation, and Discord has woken the thread already. */
  async staffWrote(thread: Snowflake, connection: Connection, messageId: Snowflake): Promise<void> {
    const closed = await this.closed(connection);
    if (closed === undefined || compareSnowflakes(messageId, closed.after) <= 0) return;
    await this.#keep(thread, connection, undefined, snowflakeTime(messageId));
    await this.#options.face.show(thread, connection);
  }

  /** Something was delivered, which wakes an archived thread: one that was closed meanwhile is put to sleep again. */
  async keepShut(thread: Snowflake, connection: Connection): Promise<void> {
    const { face } = this.#options;
    if (await this.closed(connection) === undefined) return;
    await face.note(thread, connection, {});
    await face.show(thread, connection);
  }

  async #tell(thread: Snowflake, content: string): Promise<void> {
    await this.#options.worker.send(thread, { content, data: { system: true } });
  }

  /** Keeps in one step what is so and that the thread is to show it; the conversation does not depend on the thread. */
  async #keep(
    thread: Snowflake,
    connection: Connection,
    closed: Closed | undefined,
    since: number,
  ): Promise<void> {
    const patch = { [CLOSED]: closed === undefined ? undefined : { ...closed } };
    await this.#options.face.note(thread, connection, patch, since);
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
