/** Discord understood a request and said no. Asking the same again gives the same answer. */
export class DiscordRefusal extends Error {
  override readonly name = "DiscordRefusal";
  /** The HTTP status. */
  readonly status: number;
  /**
   * Discord's own code, 0 when there is none.
   * https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
   */
  readonly code: number;

  constructor(action: string, status: number, code: number, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action}: Discord answers ${status}, code ${code}, ${detail}`, options);
    this.status = status;
    this.code = code;
  }
}

/** Options of {@link DiscordUnreachable}. */
export interface UnreachableOptions extends ErrorOptions {
  /** Whether the request went out, so that Discord may have done what was asked although no answer says so. */
  readonly sent: boolean;
  /** How long Discord wants to be left alone, in milliseconds. */
  readonly retryAfterMs?: number;
}

/**
 * Discord could not be asked now, or will not do it now: no connection, no answer in time, an error of its own, a limit, see
 * `not_now.ts`.
 */
export class DiscordUnreachable extends Error {
  override readonly name = "DiscordUnreachable";
  /** The HTTP status; `undefined` when there was no answer. */
  readonly status: number | undefined;
  /** See {@link UnreachableOptions.sent}. */
  readonly sent: boolean;
  /** See {@link UnreachableOptions.retryAfterMs}. */
  readonly retryAfterMs: number | undefined;

  constructor(action: string, status: number | undefined, detail: string, options: UnreachableOptions) {
    super(
      `Cannot ${action}: ${status === undefined ? detail : `Discord answers ${status}, ${detail}`}`,
      options,
    );
    this.status = status;
    this.sent = options.sent;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The codes of Discord's that something is done about. */
export const Code = {
  unknownChannel: 10003,
  unknownMember: 10007,
  unknownMessage: 10008,
  unknownUser: 10013,
  unknownWebhook: 10015,
  unknownInteraction: 10062,
  explicitContent: 20009,
  tooManyWebhooks: 30007,
  tooLarge: 40005,
  alreadyAcknowledged: 40060,
  missingAccess: 50001,
  notTheAuthor: 50005,
  emptyMessage: 50006,
  missingPermissions: 50013,
  invalidWebhookToken: 50027,
  invalidForm: 50035,
  fileTooLarge: 50045,
  threadArchived: 50083,
  cannotReplyBlindly: 160002,
  threadLocked: 160005,
  blockedByAutomod: 200000,
  titleBlockedByAutomod: 200001,
  harmfulLink: 240000,
  uploadsLimited: 400001,
} as const;

/**
 * What Discord says of single fields, as `name: Must be 100 or fewer in length.`
 * https://discord.com/developers/docs/reference#error-messages
 *
 * @param errors as Discord nests them, by field, with a list `_errors` at the end
 */
export function wordsOf(errors: unknown, path: readonly string[] = []): readonly string[] {
  if (typeof errors !== "object" || errors === null) return [];
  return Object.entries(errors).flatMap(([field, value]: [string, unknown]) => {
    if (field !== "_errors" || !Array.isArray(value)) return wordsOf(value, [...path, field]);
    return value.map((item) => `${path.join(".")}: ${String(Reflect.get(Object(item), "message"))}`);
  });
}

/** Tells whether an error is Discord's refusal with one of these codes. */
export function refusedWith(error: unknown, ...codes: readonly number[]): error is DiscordRefusal {
  return error instanceof DiscordRefusal && codes.includes(error.code);
}

/**
 * Tells whether an error is a refusal that stands whatever happens next: not a token that an operator can put right, and not
 * a thread that is gone, for which a new one is made.
 */
export function refusedForGood(error: unknown): error is DiscordRefusal {
  return error instanceof DiscordRefusal && error.status !== 401 && error.code !== Code.unknownChannel;
}

/** For a list that a server may not know (404): gives `undefined` then. Where the bot may not see it, it is empty. */
export async function listed<T>(call: Promise<T>, empty: T): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof DiscordRefusal && error.status === 404) return undefined;
    if (error instanceof DiscordRefusal && error.status === 403) return empty;
    throw error;
  }
}

/** For a call that can be done without: gives `fallback` where Discord, or a server like it, does not know or allow it. */
export async function optional<T>(call: Promise<T>, fallback: T): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof DiscordRefusal && (error.status === 403 || error.status === 404)) return fallback;
    throw error;
  }
}

/** A failure as fields of a log line: what is expected to happen in its own words alone, anything else with its stack. */
export function failureFields(error: unknown): Readonly<Record<string, unknown>> {
  return error instanceof DiscordUnreachable || error instanceof DiscordRefusal
    ? { reason: error.message }
    : { error };
}
