import type { Clock, Logger, ServiceWorker, Uuid } from "../core/mod.ts";
import type { ConversationFiles } from "./files/ports.ts";
import type { DiscordMetrics } from "./metrics.ts";
import type { Snowflake } from "./snowflake.ts";

/** Options of `DiscordService`. */
export interface DiscordServiceOptions {
  /** Discord's door to the ChatBox; a client's id is its thread's. */
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  /** The bot's. */
  readonly token: string;
  /** Base of the REST API, Discord's own when left out; the gateway's address comes from there. */
  readonly apiUrl?: string;
  /** The channel in which threads are made; the forum or text channel named `chatbox50` when left out. */
  readonly channelId?: Snowflake;
  /** Whether a visitor gets a thread with the first message, or already when they come; `message` when left out. */
  readonly threadOn?: "message" | "access";
  /** A staff message that begins so stays in Discord; `//` when left out, none when empty. */
  readonly notePrefix?: string;
  /** The role, by id or by name, of those who answer visitors; everybody in the channel does when left out. */
  readonly staffRole?: string | undefined;
  /** Whether a visitor's next message opens a closed conversation again, or only staff do; `message` when left out. */
  readonly reopenOn?: "message" | "staff";
  /** Whether the bot itself speaks for visitors, or a webhook under their names; `bot` when left out. */
  readonly persona?: "bot" | "webhook";
  /** Where the files of conversations are kept; without it files are only named. */
  readonly files?: ConversationFiles;
  /** The address at which staff can open a visitor's file that Discord does not take. */
  readonly fileLink?: (id: string) => string;
  /** Called whenever somebody of the staff writes or types in a thread. */
  readonly onStaffActive?: (at: number) => void;
  /** Told about calls and the connection; counts nothing when left out. */
  readonly metrics?: DiscordMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Jitter, from 0 to below 1; `Math.random` when left out. */
  readonly random?: () => number;
}
