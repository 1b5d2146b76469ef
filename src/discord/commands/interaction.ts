import type { Logger } from "../../core/mod.ts";
import { Code, DiscordRefusal, DiscordUnreachable, refusedWith } from "../errors.ts";
import { id, object, objects, optionalId, type Payload, readUser, text } from "../payloads.ts";
import type { DiscordInteraction, Upload } from "../ports.ts";
import type { RestCaller } from "../rest/rest_manager.ts";
import { NO_MENTIONS } from "../rest/rest.ts";
import type { Snowflake } from "../snowflake.ts";
import { isAboutMessage } from "../verdict.ts";
import { COMMANDS } from "./definitions.ts";

/** APPLICATION_COMMAND, https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object */
const APPLICATION_COMMAND = 2;
/** DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE */
const DEFERRED = 5;
/** Only who used the command sees the answer. https://discord.com/developers/docs/resources/message#message-object-message-flags */
const EPHEMERAL = 1 << 6;

/** What is said when Discord does not take what should have been. */
const UNSAYABLE = "It is done, but Discord refuses the answer; the log of ChatBox50 says why.";

/** More are of no use within Discord's three seconds. */
const MAX_TRIES = 2;

/** Reads an INTERACTION_CREATE; `undefined` when it is no slash command in a guild. */
export function readInteraction(payload: Payload): DiscordInteraction | undefined {
  const data = object(payload.data);
  const member = object(payload.member);
  const command = text(data.name);
  if (payload.type !== APPLICATION_COMMAND || command === undefined || payload.member === undefined) {
    return undefined;
  }
  const guildId = optionalId(payload.guild_id);
  const permissions = text(member.permissions);
  const options = objects(data.options).flatMap(({ name, value }) =>
    typeof name === "string" && value !== undefined ? [[name, String(value)] as const] : []
  );
  return {
    id: id(payload, "id"),
    token: text(payload.token) ?? "",
    channelId: id(payload, "channel_id"),
    user: readUser(object(member.user), member),
    command,
    options: new Map(options),
    ...(guildId !== undefined && { guildId }),
    ...(permissions !== undefined && /^\d+$/.test(permissions) && { permissions: BigInt(permissions) }),
  };
}

/** An answer to a command. */
export interface Answer {
  readonly content: string;
  readonly files?: readonly Upload[];
}

/** The calls that commands need. */
export class InteractionCalls {
  readonly #caller: RestCaller;
  readonly #logger: Logger;

  constructor(caller: RestCaller, logger: Logger) {
    this.#caller = caller;
    this.#logger = logger;
  }

  /** Makes the commands known in a guild; those of this application that were there before are replaced. */
  async register(applicationId: Snowflake, guildId: Snowflake): Promise<void> {
    const route = `/applications/${applicationId}/guilds/${guildId}/commands` as const;
    await this.#caller.call("register the slash commands", "PUT", route, { body: COMMANDS });
  }

  /**
   * Tells Discord, which waits for three seconds, that an answer will come.
   *
   * @returns whether it may still come; false when it is too late
   */
  async acknowledge({ id: interaction, token }: DiscordInteraction): Promise<boolean> {
    const route = `/interactions/${interaction}/${token}/callback` as const;
    const options = { body: { type: DEFERRED, data: { flags: EPHEMERAL } }, anonymous: true };
    for (let tries = 1;; tries++) {
      try {
        await this.#caller.call("acknowledge a command", "POST", route, options);
        return true;
      } catch (error) {
        // An earlier try has worked although its answer got lost; Deno's fetch repeats some by itself.
        if (refusedWith(error, Code.alreadyAcknowledged)) return true;
        if (tries < MAX_TRIES && error instanceof DiscordUnreachable) continue;
        this.#logger.warn("A command could not be acknowledged", { error });
        return false;
      }
    }
  }

  /**
   * Answers a command that was acknowledged. Nobody waits for it, so what goes wrong is only noted; an answer that Discord refuses
   * for what it says makes room for one that says so, since Discord shows the bot as thinking until there is any.
   */
  async answer(applicationId: Snowflake, token: string, answer: Answer): Promise<void> {
    try {
      await this.#answer(applicationId, token, answer);
    } catch (error) {
      this.#logger.warn("A command has no answer", { error });
      if (!(error instanceof DiscordRefusal) || !isAboutMessage(error)) return;
      await this.#answer(applicationId, token, { content: UNSAYABLE }).catch((again) =>
        this.#logger.warn("A command has no answer", { error: again })
      );
    }
  }

  async #answer(
    applicationId: Snowflake,
    token: string,
    { content, files = [] }: Answer,
  ): Promise<void> {
    const route = `/webhooks/${applicationId}/${token}/messages/@original` as const;
    const body = { content, allowed_mentions: NO_MENTIONS };
    const options = { body, anonymous: true, ...(files.length > 0 && { files }) };
    await this.#caller.call("answer a command", "PATCH", route, options);
  }
}
