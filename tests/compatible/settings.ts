/** What the command is told by the environment; the first three as the server itself reads them. */
export interface Settings {
  /** Base of the REST API, with its version. */
  readonly apiUrl: string;
  readonly token: string;
  /** The channel named `chatbox50` when left out. */
  readonly channelId: string | undefined;
  /** The token of a second bot, which plays staff; a person does when left out. */
  readonly staffToken: string | undefined;
  /** Who is heard by visitors, for the server; found out for a second bot when left out. */
  readonly staffRole: string | undefined;
  /** How long anything may take, in milliseconds: longer where a person has to do it. */
  readonly patienceMs: number;
}

const DISCORD_URL = "https://discord.com/api";
const BOT_PATIENCE_S = 30;
const PERSON_PATIENCE_S = 300;

/**
 * Reads the settings.
 *
 * @param env gives an environment variable
 * @throws {TypeError} when something is missing or is not what it has to be
 */
export function readSettings(env: (key: string) => string | undefined): Settings {
  const given = (key: string): string | undefined => env(key)?.trim() || undefined;
  const token = given("DISCORD_TOKEN");
  if (token === undefined) {
    throw new TypeError(
      "Cannot start: DISCORD_TOKEN is not set, it must be the token of the bot to be checked",
    );
  }
  const staffToken = given("DISCORD_STAFF_TOKEN");
  if (staffToken === token) {
    throw new TypeError(
      "Cannot start: DISCORD_STAFF_TOKEN is DISCORD_TOKEN, it must be that of a second bot",
    );
  }
  const channelId = given("DISCORD_CHANNEL_ID");
  if (staffToken !== undefined && channelId === undefined) {
    throw new TypeError("Cannot start: DISCORD_CHANNEL_ID is not set, a second bot needs the channel's id");
  }
  const url = given("DISCORD_API_URL") ?? DISCORD_URL;
  if (!/^https?:\/\//.test(url)) {
    throw new TypeError(`Cannot start: DISCORD_API_URL is ${url}, it must begin with http:// or https://`);
  }
  const patience = given("PATIENCE_SECONDS");
  const seconds = Number(patience ?? (staffToken === undefined ? PERSON_PATIENCE_S : BOT_PATIENCE_S));
  if (!(seconds > 0)) {
    throw new TypeError(`Cannot start: PATIENCE_SECONDS is ${patience}, it must be a number above 0`);
  }
  return {
    apiUrl: `${url.replace(/\/+$/, "").replace(/\/v10$/, "")}/v10`,
    token,
    channelId,
    staffToken,
    staffRole: given("STAFF_ROLE"),
    patienceMs: seconds * 1_000,
  };
}
