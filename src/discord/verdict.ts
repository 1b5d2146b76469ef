import { DeliveryError, PermanentDeliveryError } from "../core/mod.ts";
import { Code, DiscordRefusal, DiscordUnreachable, refusedWith } from "./errors.ts";
import type { Home } from "./home/home.ts";
import type { PermissionName } from "./home/permissions.ts";

/** What waits for a person is tried again every minute. */
const WAIT_FOR_OPERATOR_MS = 60_000;

/** Named where Discord refuses a post and the bot seems to have all that it needs. */
const FOR_POSTS: PermissionName = "Send Messages in Threads";

const NOT_DELIVERED = "This message could not be delivered.";
/** Told to a visitor who writes into a conversation that is closed and stays so. */
export const CLOSED = "This conversation was closed, so the message was not delivered.";
const BLOCKED = "This message was not delivered because a filter stopped it.";

/** Refusals that are about the place, the permissions or the token: the next message would meet them, too. */
const NOT_ABOUT_MESSAGE: readonly number[] = [
  Code.unknownChannel,
  Code.missingAccess,
  Code.missingPermissions,
  Code.threadArchived,
  Code.threadLocked,
];

const EXEMPT = "AutoMod blocks it; exempt the bot's role";

/** Filters that look at what a message says, and what the operator is to know of each. */
const FILTERS: ReadonlyMap<number, string> = new Map([
  [Code.explicitContent, "Discord's own filter for explicit content blocks it"],
  [Code.blockedByAutomod, EXEMPT],
  [Code.titleBlockedByAutomod, EXEMPT],
  [Code.harmfulLink, "Discord's own filter for harmful links blocks it"],
]);

/** Whether Discord refuses one message for what it is, so that others may go on. */
export function isAboutMessage(error: DiscordRefusal): boolean {
  if (NOT_ABOUT_MESSAGE.includes(error.code)) return false;
  return error.status === 400 || error.status === 413 || FILTERS.has(error.code);
}

/** Permissions that the bot is known to lack in the channel, those first without which nothing goes. */
export type Lacks = Pick<Home, "missing" | "lacking">;

/** Turns a failed call for posting into what the core acts on: words for the visitor and the operator apart. */
export function verdictOnPost(error: unknown, lacks: Lacks | undefined): Error {
  if (error instanceof DiscordUnreachable) {
    const { retryAfterMs } = error;
    return new DeliveryError(error.message, {
      cause: error,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
  if (!(error instanceof DiscordRefusal)) {
    return error instanceof Error ? error : new DeliveryError(String(error));
  }
  const { missing = [], lacking = [] } = lacks ?? {};
  const permissions = [...missing.length > 0 ? missing : [FOR_POSTS], ...lacking].join(", ");
  switch (error.code) {
    case Code.threadLocked:
      return new PermanentDeliveryError(
        "Cannot post: the thread is locked. Unlock it, or give the bot the permission Manage Threads",
        CLOSED,
        { cause: error },
      );
    case Code.missingAccess:
    case Code.missingPermissions:
      return new PermanentDeliveryError(
        `Cannot post: the bot lacks a permission in the channel, give it ${permissions}`,
        NOT_DELIVERED,
        { cause: error },
      );
  }
  const filter = FILTERS.get(error.code);
  if (filter !== undefined) {
    return new PermanentDeliveryError(`Cannot post: ${filter}`, BLOCKED, { cause: error });
  }
  if (error.status === 401 || error.status === 404) {
    return new DeliveryError(error.message, { cause: error, retryAfterMs: WAIT_FOR_OPERATOR_MS });
  }
  return new PermanentDeliveryError(error.message, NOT_DELIVERED, { cause: error });
}

/**
 * Turns a failed call for making a thread into what the core acts on: a conversation without a thread waits, unless even a thread
 * without any word of the visitor's is refused for what it says.
 */
export function verdictOnThread(error: unknown, missing: readonly PermissionName[]): Error {
  if (!(error instanceof DiscordRefusal)) return verdictOnPost(error, { missing, lacking: [] });
  if (isAboutMessage(error)) {
    const advice = refusedWith(error, Code.blockedByAutomod, Code.titleBlockedByAutomod)
      ? "exempt the bot's role from AutoMod"
      : "look at the settings of the channel";
    return new PermanentDeliveryError(`${error.message}; ${advice}`, NOT_DELIVERED, { cause: error });
  }
  const hint = hintOnThread(error, missing);
  return new DeliveryError(hint === undefined ? error.message : `Cannot make a thread: ${hint}`, {
    cause: error,
    retryAfterMs: WAIT_FOR_OPERATOR_MS,
  });
}

/** What is to be done; `undefined` where Discord's own words have to do. */
function hintOnThread(error: DiscordRefusal, missing: readonly PermissionName[]): string | undefined {
  if (missing.length > 0) return `the bot lacks the permissions ${missing.join(", ")}`;
  if (error.status !== 403) return undefined;
  return "the bot lacks a permission in the channel, give it Send Messages in a forum, Create Public Threads in a text channel";
}
