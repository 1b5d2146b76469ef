import { DiscordRefusal, DiscordUnreachable, wordsOf } from "../errors.ts";
import { notNow } from "./not_now.ts";
import { whyUnreachable } from "./unreachable.ts";

/** The status that discordeno gives where there is none. */
export const NO_ANSWER = 999;

/** An edge server in front of Discord refuses without a word of Discord's own: how long it is left alone, in milliseconds. */
const EDGE_WAIT_MS = 60_000;

/** What was known of a call when it failed. */
export interface FailedCall {
  /** What it does, for errors: "Cannot <action>". */
  readonly action: string;
  /** Where it went. */
  readonly baseUrl: string;
  /** How long an answer was waited for, in milliseconds. */
  readonly timeoutMs: number;
  /** How long Discord still wants to be left alone, in milliseconds; 0 when it has not said so. */
  readonly retryAfterMs: number;
}

/**
 * Translates what discordeno throws into one of our errors.
 *
 * @param call the one that failed
 * @param error what discordeno has thrown: its cause has the answer's status and body, or what happened in place of an answer
 */
export function failureOf(call: FailedCall, error: unknown): DiscordRefusal | DiscordUnreachable {
  const { action, baseUrl, timeoutMs, retryAfterMs } = call;
  const cause = error instanceof Error ? error.cause : undefined;
  const { status = NO_ANSWER, body, thrown = error } = (cause ?? {}) as {
    status?: number;
    body?: string;
    thrown?: unknown;
  };
  if (status === 429) {
    return new DiscordUnreachable(action, 429, "limited", {
      sent: false,
      ...(retryAfterMs > 0 && { retryAfterMs }),
    });
  }
  if (status === NO_ANSWER) {
    const { reason, sent } = whyUnreachable(thrown, new URL(baseUrl).host, timeoutMs);
    return new DiscordUnreachable(action, undefined, reason, { sent });
  }
  if (status >= 500) {
    return new DiscordUnreachable(action, status, "an error of its own", { sent: true });
  }
  const { code, message, retryAfterMs: wantedMs } = parse(body);
  const later = notNow(code);
  if (later !== undefined) {
    const waitMs = wantedMs ?? later.retryAfterMs;
    const advice = later.advice === undefined ? "" : `; ${later.advice}`;
    return new DiscordUnreachable(action, status, `code ${code}, ${message}${advice}`, {
      sent: false,
      ...(waitMs !== undefined && { retryAfterMs: waitMs }),
    });
  }
  if (status === 403 && code === 0) {
    return new DiscordUnreachable(action, status, "which is not Discord's own answer", {
      retryAfterMs: EDGE_WAIT_MS,
      sent: false,
    });
  }
  return new DiscordRefusal(action, status, code, message);
}

interface Said {
  readonly code: number;
  readonly message: string;
  /** As Discord asks for in the body of an answer about a limit, in milliseconds. */
  readonly retryAfterMs?: number;
}

function parse(body: string | undefined): Said {
  try {
    const { code, message, errors, retry_after: seconds } = JSON.parse(body ?? "");
    const said = [String(message), ...wordsOf(errors)].join("; ").slice(0, 300);
    return {
      code: typeof code === "number" ? code : 0,
      message: said,
      ...(typeof seconds === "number" && seconds >= 0 && { retryAfterMs: seconds * 1_000 }),
    };
  } catch {
    return { code: 0, message: "without a reason" };
  }
}
