/** Why Discord will do later what it refuses now. */
export interface NotNow {
  /** What a person may do about it; nothing where it passes by itself. */
  readonly advice?: string;
  /** How long it is left alone unless Discord says how long, in milliseconds; as long as the caller likes when left out. */
  readonly retryAfterMs?: number;
}

/** What waits for a person, or for a switch of Discord's, is tried again every minute. */
const MINUTE_MS = 60_000;

const LIMITED: NotNow = {};
const SWITCHED_OFF: NotNow = { retryAfterMs: MINUTE_MS };
const FULL: NotNow = { advice: "archive some threads of the server", retryAfterMs: MINUTE_MS };

/**
 * Codes of Discord's that are about the moment, neither about what was asked for nor about who asks: the same request is to be made
 * again. Limits of how often something is done come with 429 as a rule, and mean the same with any other status.
 *
 * https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
 */
const NOT_NOW: ReadonlyMap<number, NotNow> = new Map([
  // "This action cannot be performed due to slowmode rate limit"
  [20016, LIMITED],
  // "This message cannot be edited due to announcement rate limits"
  [20022, LIMITED],
  // "The write action you are performing on the channel has hit the write rate limit", and the same on the server
  [20028, LIMITED],
  [20029, LIMITED],
  // "Maximum number of edits to messages older than 1 hour reached. Try again later"
  [30046, LIMITED],
  // "Send messages has been temporarily disabled"
  [40004, SWITCHED_OFF],
  // "This feature has been temporarily disabled server-side"
  [40006, SWITCHED_OFF],
  // "Service resource is being rate limited"
  [40062, LIMITED],
  // "Cloudflare is blocking your request": it comes from the edge, with 403
  [40333, SWITCHED_OFF],
  // "Application not yet available. Try again later"
  [110001, LIMITED],
  // "API resource is currently overloaded. Try again a little later"
  [130000, LIMITED],
  // "Maximum number of active threads reached", and the same of announcement threads: for one to be made, and for one to wake,
  // https://discord.com/developers/docs/topics/threads#active--archived-threads
  [160006, FULL],
  [160007, FULL],
]);

/**
 * Tells whether Discord will do later what it refuses with a code.
 *
 * @param code Discord's own
 * @returns `undefined` when asking again gives the same answer
 */
export function notNow(code: number): NotNow | undefined {
  return NOT_NOW.get(code);
}
