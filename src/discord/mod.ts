/**
 * Discord as a service of a ChatBox. Inside, data flows from `gateway` through `events`, `intake` and `inbox` to the
 * visitor, and from the core through `outbox`, `plan`, `follower` and `poster` to `rest`.
 * Slash commands come in by `commands/`, `desk` opens and closes conversations.
 *
 * @module
 */
export { DiscordService, type DiscordStatus } from "./service.ts";
export type { DiscordServiceOptions } from "./service_options.ts";
export type { ConversationFiles } from "./files/ports.ts";
export { DiscordPictures } from "./files/staff_pictures.ts";
export type { DiscordProblem } from "./ports.ts";
export { compareSnowflakes, isSnowflake, type Snowflake, snowflake, snowflakeTime } from "./snowflake.ts";
export type { MarkupNode } from "./text/markup_node.ts";
export { DiscordInspection, type Finding } from "./inspection.ts";
export { DiscordRefusal, DiscordUnreachable } from "./errors.ts";
export type { DiscordMetrics } from "./metrics.ts";
export { CHANNEL_NAME } from "./home/guild_book.ts";
