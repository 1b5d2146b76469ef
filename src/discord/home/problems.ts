import type { DiscordProblem } from "../ports.ts";

const PORTAL = "https://discord.com/developers/applications";

/** Discord does not know the token. */
export const TOKEN_PROBLEM: DiscordProblem = {
  code: "token",
  message: `Discord refuses the bot token. Open ${PORTAL}, choose the application, then Bot, Reset Token, ` +
    `and put the new token into DISCORD_TOKEN`,
};

/** The bot may not read messages. */
export const INTENTS_PROBLEM: DiscordProblem = {
  code: "intents",
  message: `The bot may not read messages. Open ${PORTAL}, choose the application, then Bot, ` +
    `switch on Message Content Intent, save, and start again`,
};

/**
 * What a close code means for the operator.
 * https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
 */
export function problemOfClose(code: number, reason: string): DiscordProblem {
  if (code === 4004) return TOKEN_PROBLEM;
  if (code === 4014) return INTENTS_PROBLEM;
  return {
    code: "gateway",
    message: `Discord's gateway refuses this program, code ${code}: ${reason || "no reason"}`,
  };
}
