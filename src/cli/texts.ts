import { configHelp } from "../config.ts";
import { VERSION } from "../version.ts";
import { commandHelp, helpOfCommand } from "./command_help.ts";
import type { Command } from "./commands.ts";

/**
 * What `version` prints.
 *
 * @returns One line
 */
export function versionText(): string {
  return `chatbox50 ${VERSION} (Deno ${Deno.version.deno}, ${Deno.build.target})\n`;
}

/**
 * What `help` prints.
 *
 * @returns Commands and flags
 */
export function helpText(): string {
  return `ChatBox50 ${VERSION}: the visitors of a website talk to the people behind it, who answer from Discord.

Usage: chatbox50 [COMMAND] [FLAGS]

Commands:
${commandHelp()}

Exit codes: 0 done, 64 unknown command or wrong use, 66 no such file or conversation, or a damaged database,
69 a service or the address is not available, 70 a fault of the program, 73 a file cannot be made, 74 reading
or writing failed, 78 the configuration is wrong, 128 and the signal's number when a signal ended the work.

Every setting can be a flag, an environment variable, or a line of the file .env in the working directory,
or of the file that --config FILE names instead; when it is given more than once, the flag counts first and
the file last. In the file, what is unknown is refused.

Settings:
${configHelp()}
`;
}

/**
 * What `COMMAND --help` prints for a command that does one thing and ends.
 *
 * @returns The command alone
 */
export function commandHelpText(name: string, command: Command): string {
  const settings = command.settings ? "The settings are flags, too. " : "";
  return `Usage: chatbox50 ${name}${command.operand === undefined ? "" : ` ${command.operand.name}`} [FLAGS]

${helpOfCommand(name, command)}

${settings}"chatbox50 help" lists everything.
`;
}

/** What to do when there is no bot yet. */
export const TOKEN_HELP =
  `DISCORD_TOKEN is not set: ChatBox50 needs the token of a Discord bot. How to get one:
1. On https://discord.com/developers/applications choose New Application, then Bot: press Reset Token and copy the token.
2. On the same page, under Privileged Gateway Intents, turn on Message Content Intent.
3. Under OAuth2, tick bot and applications.commands, then View Channels, Send Messages, Create Public Threads, Send Messages in Threads, Manage Threads, Read Message History, Attach Files, Add Reactions; open the address it makes to invite the bot, and make a channel named chatbox50.
4. Put DISCORD_TOKEN=the token into the file .env (or DISCORD_TOKEN_FILE=its file) and start again. In a clone of the sources, "deno task dev" works without a bot.
`;
