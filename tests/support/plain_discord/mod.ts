/**
 * A Discord-compatible server that does the least: what the documentation says about the calls that a bridge cannot do
 * without, and nothing beyond. The simulator next door is too able to show what such a server breaks.
 *
 * @module
 */
export { PlainDiscord, type PlainMessage, type PlainOptions } from "./plain_discord.ts";
