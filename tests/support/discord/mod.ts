/**
 * A Discord on loopback, strict enough that what works against it works against the real one.
 *
 * ```ts ignore
 * await using discord = await DiscordSimulator.start();
 * const forum = discord.createForum("chatbox50");
 * // bot.rest.baseUrl = discord.url; the token is discord.token
 * const thread = await discord.until(() => discord.threads(forum)[0]);
 * discord.staff("Alice").say(thread.id, "Hello!");
 * ```
 *
 * @module
 */
export { type Clock, ManualClock, SYSTEM_CLOCK } from "./clock.ts";
export { DiscordError } from "./errors.ts";
export type { Fault, FaultAction, FaultHandle, Faults, RequestInfo } from "./faults.ts";
export type { PermissionName } from "./permissions.ts";
export type { RateLimitOptions } from "./rate_limits.ts";
export type { LoggedRequest } from "./rest/server.ts";
export type { ChannelOptions } from "./setup.ts";
export { DiscordSimulator, type Ping, type SimulatorOptions } from "./simulator.ts";
export type { SlashUse } from "./slash.ts";
export { compareSnowflakes, isSnowflake } from "./snowflake.ts";
export type { SayOptions, StaffFile, StaffMember } from "./staff.ts";
export type { GuildData } from "./state.ts";
export type { Transcript, TranscriptEntry } from "./transcript.ts";
export type { UntilOptions } from "./waiting.ts";
