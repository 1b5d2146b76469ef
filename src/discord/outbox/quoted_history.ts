import type { Connection, Message, ServiceWorker, Uuid } from "../../core/mod.ts";
import { Code, refusedWith } from "../errors.ts";
import type { FindHome } from "../home/home.ts";
import type { DiscordMessage, DiscordRest } from "../ports.ts";
import { compareSnowflakes, isSnowflake, type Snowflake } from "../snowflake.ts";
import { MAX_CONTENT } from "../text/split.ts";
import { quote, REPEATED } from "../threads/starter.ts";
import type { Batch, PlanRunner } from "./plan_runner.ts";

const PAGE = 100;

/** In a text channel the quotes are the thread's first message; somebody may have been quicker. */
const LOOKED_AT = 10;

/** What stands where everything that was quoted has been deleted. */
const NOTHING_LEFT = "> *(deleted)*";

/** What {@link QuotedHistory} needs. */
export interface QuotedHistoryOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly rest: DiscordRest;
  readonly runner: PlanRunner;
  readonly home: FindHome;
}

/**
 * A thread that took the place of one that is gone begins with quotes of what was said there. What a visitor changes or deletes of
 * that stands nowhere else, so it is changed in the quotes.
 */
export class QuotedHistory {
  readonly #options: QuotedHistoryOptions;

  constructor(options: QuotedHistoryOptions) {
    this.#options = options;
  }

  /** Quotes anew what was said in the thread that is gone. @param seq one of the messages that were said there */
  async rewrite(batch: Batch, seq: number): Promise<void> {
    const post = await this.#post(batch.id);
    if (post === undefined) return;
    const lines = post.content.split("\n");
    const first = lines.findIndex(isQuote);
    if (first === -1) return;
    const [head, tail] = [lines.slice(0, first), lines.slice(lines.findLastIndex(isQuote) + 1)];
    const room = MAX_CONTENT - [...head, ...tail].join("\n").length - 1;
    const content = [...head, ...await this.#quotes(batch, seq, room), ...tail].join("\n");
    if (content === post.content) return;
    await this.#options.runner.run(batch, {
      steps: [{ do: "edit", id: post.id, content }],
      ids: [],
      seq: 0,
      revs: [],
    }, []);
  }

  /** A forum post begins with a message that has the thread's id. */
  async #post(thread: Snowflake): Promise<DiscordMessage | undefined> {
    const { rest, home } = this.#options;
    try {
      return await rest.message(thread, thread);
    } catch (error) {
      if (!refusedWith(error, Code.unknownMessage)) throw error;
    }
    const botId = home()?.botId;
    const messages = await rest.messagesAfter(thread, thread, LOOKED_AT);
    return messages.find(({ author, content }) => author.id === botId && content.split("\n").some(isQuote));
  }

  /** The last messages of the thread that is gone, as they read now and as many as fit. */
  async #quotes({ id, connection }: Batch, seq: number, room: number): Promise<string[]> {
    const { side } = this.#options.worker;
    const through = await this.#lastBefore(id, connection, seq);
    const { messages } = await connection.messages({ before: through + 1, limit: PAGE });
    const there = messages.filter(({ deletedAt }) => deletedAt === undefined).slice(-REPEATED);
    const kept: string[] = [];
    let left = room;
    for (const message of there.reverse()) {
      const shown = quote(message, side);
      left -= shown.length + 1;
      if (left < 0) break;
      kept.unshift(shown);
    }
    return kept.length === 0 ? [NOTHING_LEFT] : kept;
  }

  /** The last message that was said before the thread was made; `seq` is one of them. */
  async #lastBefore(thread: Snowflake, connection: Connection, seq: number): Promise<number> {
    let through = seq;
    for (let from = seq; true; from += PAGE) {
      const page = await connection.messages({ before: from + PAGE + 1, limit: PAGE });
      const later = page.messages.filter((message: Message) => message.seq > from);
      for (const message of later) {
        const ids = (await this.#options.worker.remoteIds(connection, message.seq)).filter(isSnowflake);
        if (ids.length === 0) continue;
        if (!areBefore(ids, thread)) return through;
        through = message.seq;
      }
      if (later.length < PAGE) return through;
    }
  }
}

/** Whether messages stand in an earlier thread: every id in this one is later than its own. */
export function areBefore(ids: readonly Snowflake[], thread: Snowflake): boolean {
  return ids.every((id) => compareSnowflakes(id, thread) < 0);
}

function isQuote(line: string): boolean {
  return line.startsWith("> ");
}
