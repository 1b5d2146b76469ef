/** Real discordeno, unmodified, connected to a simulator. */
import { createBot, type GatewayManager, Intents, type RestManager } from "@discordeno/bot";
import type { DiscordSimulator } from "../support/discord/mod.ts";

const ignore = (): void => {};
/** Nothing of discordeno's own chatter reaches the test's output. */
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore, fatal: ignore };

/** The intents a bridge needs. */
export const BRIDGE_INTENTS: number = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent |
  Intents.GuildMessageTyping | Intents.GuildMessageReactions;

/** discordeno keeps timers of a minute and more, which no test waits for. */
export const DISCORDENO_TIMERS = { sanitizeOps: false, sanitizeResources: false } as const;

/** A gateway payload as it came. */
export interface RawEvent {
  readonly t: string;
  // deno-lint-ignore no-explicit-any -- tests assert on what came, whatever its shape
  readonly d: any;
}

/** A bot and what it heard. */
export interface TestBot extends AsyncDisposable {
  readonly rest: RestManager;
  readonly gateway: GatewayManager;
  /** Every dispatch, in order. */
  readonly events: RawEvent[];
  /** @returns the data of the events with this name */
  heard(name: string): RawEvent["d"][];
}

/**
 * @param discord where to
 * @param options `connect: false` uses REST alone
 * @returns the bot, after READY and its guild
 */
export async function startBot(
  discord: DiscordSimulator,
  options: { intents?: number; connect?: boolean } = {},
): Promise<TestBot> {
  const { intents = BRIDGE_INTENTS, connect = true } = options;
  const events: RawEvent[] = [];
  const bot = createBot({
    token: discord.token,
    intents,
    desiredProperties: {},
    loggerFactory: () => SILENT,
    events: {
      raw: (payload) => {
        if (payload.t === null) return;
        events.push({ t: payload.t, d: payload.d });
        discord.world.changed();
      },
    },
  });
  bot.rest.baseUrl = discord.url;
  const heard = (name: string): RawEvent["d"][] => events.filter(({ t }) => t === name).map(({ d }) => d);
  if (connect) {
    void bot.start();
    await discord.until(() => heard("READY").length > 0, { what: "READY" });
  }
  return {
    rest: bot.rest,
    gateway: bot.gateway,
    events,
    heard,
    async [Symbol.asyncDispose](): Promise<void> {
      if (connect) await bot.shutdown();
    },
  };
}

/**
 * Asks the simulator's REST without a client in between.
 *
 * @param discord which
 * @param method an HTTP method
 * @param path below `/v10`
 * @param body sent as JSON
 * @returns status, headers and the JSON of the answer
 */
export async function ask(
  discord: DiscordSimulator,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; headers: Headers; json: RawEvent["d"] }> {
  const response = await fetch(`${discord.url}/v10${path}`, {
    method,
    headers: {
      authorization: `Bot ${discord.token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: text === "" ? undefined : JSON.parse(text),
  };
}
