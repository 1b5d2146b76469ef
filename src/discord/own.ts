import type { Bot } from "./home/home.ts";
import type { DiscordMessage } from "./ports.ts";
import type { Snowflake } from "./snowflake.ts";

/**
 * Whether a message is the bot's, or a webhook's of its own: by ids, never by names (X5). Discord marks what a webhook says with
 * the application that made the webhook, so it is known before the webhooks were listed.
 *
 * @param isOwnWebhook tells webhooks that are known by id, for servers that leave the application out
 */
export function isOwn(
  { author, webhookId, applicationId }: DiscordMessage,
  bot: Bot | undefined,
  isOwnWebhook: (id: Snowflake) => boolean,
): boolean {
  if (bot !== undefined && author.id === bot.id) return true;
  if (webhookId === undefined) return false;
  return isOwnWebhook(webhookId) || (bot !== undefined && applicationId === bot.applicationId);
}
