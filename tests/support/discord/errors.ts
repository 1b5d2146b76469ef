/**
 * Discord's error answers.
 *
 * @see https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
 * @see https://docs.discord.com/developers/reference#error-messages
 */

/** Code and HTTP status of each error the simulator gives. */
const CATALOGUE = {
  notFound: [404, 0, "404: Not Found"],
  unauthorized: [401, 0, "401: Unauthorized"],
  methodNotAllowed: [405, 0, "405: Method Not Allowed"],
  internal: [500, 0, "500: Internal Server Error"],
  unknownApplication: [404, 10002, "Unknown Application"],
  unknownChannel: [404, 10003, "Unknown Channel"],
  unknownGuild: [404, 10004, "Unknown Guild"],
  unknownMember: [404, 10007, "Unknown Member"],
  unknownMessage: [404, 10008, "Unknown Message"],
  unknownUser: [404, 10013, "Unknown User"],
  unknownEmoji: [400, 10014, "Unknown Emoji"],
  unknownWebhook: [404, 10015, "Unknown Webhook"],
  unknownInteraction: [404, 10062, "Unknown interaction"],
  unknownCommand: [404, 10063, "Unknown application command"],
  tooManyWebhooks: [400, 30007, "Maximum number of webhooks reached (15)"],
  requestTooLarge: [413, 40005, "Request entity too large"],
  notInForums: [400, 40058, "Cannot send messages in a forum channel"],
  tagRequired: [400, 40067, "A tag is required to create a forum post in this channel"],
  alreadyAcknowledged: [400, 40060, "Interaction has already been acknowledged."],
  missingAccess: [403, 50001, "Missing Access"],
  emptyMessage: [400, 50006, "Cannot send an empty message"],
  notTheAuthor: [403, 50005, "Cannot edit a message authored by another user"],
  cannotSendHere: [400, 50008, "Cannot send messages in a non-text channel"],
  missingPermissions: [403, 50013, "Missing Permissions"],
  bulkDeleteCount: [
    400,
    50016,
    "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete.",
  ],
  systemMessage: [403, 50021, "Cannot execute action on a system message"],
  wrongChannelType: [400, 50024, "Cannot execute action on this channel type"],
  invalidWebhookToken: [401, 50027, "Invalid Webhook Token"],
  tooOldToBulkDelete: [400, 50034, "You can only bulk delete messages that are under 14 days old."],
  invalidForm: [400, 50035, "Invalid Form Body"],
  invalidApiVersion: [400, 50041, "Invalid API version provided"],
  threadArchived: [400, 50083, "Thread is archived"],
  invalidJson: [400, 50109, "The request body contains invalid JSON."],
  cannotReplyBlindly: [400, 160002, "Cannot reply without permission to read message history"],
  alreadyHasThread: [400, 160004, "A thread has already been created for this message"],
  threadLocked: [400, 160005, "Thread is locked"],
  tooManyActiveThreads: [400, 160006, "Maximum number of active threads reached"],
  blockedByAutomod: [400, 200000, "Message was blocked by automatic moderation"],
  titleBlockedByAutomod: [400, 200001, "Title was blocked by automatic moderation"],
  webhookNeedsThread: [400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id"],
  webhookThreadTwice: [
    400,
    220002,
    "Webhooks posted to forum channels cannot have both a thread_name and thread_id",
  ],
  webhookNoForum: [400, 220003, "Webhooks can only create threads in forum channels"],
} as const satisfies Record<string, readonly [status: number, code: number, message: string]>;

/** The name of an error that Discord knows. */
export type DiscordErrorName = keyof typeof CATALOGUE;

/** A refusal as Discord words it. Handlers throw it; the router answers it. */
export class DiscordError extends Error {
  override readonly name = "DiscordError";
  readonly status: number;
  readonly code: number;
  /** The tree of field errors of a 50035. */
  readonly errors: Record<string, unknown> | undefined;

  /**
   * @param error which
   * @param errors field errors, for `invalidForm`
   */
  constructor(error: DiscordErrorName, errors?: Record<string, unknown>) {
    const [status, code, message] = CATALOGUE[error];
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  /** @returns the JSON body */
  toBody(): Record<string, unknown> {
    return {
      message: this.message,
      code: this.code,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
    };
  }
}

/** Gathers field errors, so that one answer names them all as Discord does. */
export class FormErrors {
  readonly #tree: Record<string, unknown> = {};
  #found = false;

  /**
   * @param path the field, as `embeds.0.title`
   * @param code Discord's word for the rule, as `BASE_TYPE_REQUIRED`
   * @param message the rule in a sentence
   */
  add(path: string, code: string, message: string): void {
    let node = this.#tree;
    for (const key of path.split(".")) node = (node[key] ??= {}) as Record<string, unknown>;
    const errors = (node["_errors"] ??= []) as unknown[];
    errors.push({ code, message });
    this.#found = true;
  }

  /** @throws {DiscordError} 50035 with all that was added, if anything was */
  throwIfAny(): void {
    if (this.#found) throw new DiscordError("invalidForm", this.#tree);
  }
}
