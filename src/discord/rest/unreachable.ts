/** What Deno's `fetch` says, in this version and earlier ones, and what an operator understands. The first match counts. */
const CAUSES: readonly (readonly [RegExp, string])[] = [
  [/connection refused|ECONNREFUSED/i, "the connection was refused (ECONNREFUSED)"],
  [/dns error|failed to lookup|ENOTFOUND/i, "the name cannot be resolved (DNS)"],
  [/certificate|UnknownIssuer|tls|ssl/i, "the TLS handshake failed"],
  [/timed? ?out|ETIMEDOUT/i, "the connection timed out"],
  [/unreachable|ENETUNREACH|EHOSTUNREACH/i, "there is no way to that network"],
  [
    /reset|closed|broken pipe|reading a body|ECONNRESET/i,
    "the connection was cut before the answer was complete",
  ],
  [/JSON/, "the answer is no JSON"],
  [/are blocked|not allowed|permission/i, "this address is not allowed"],
];

/** Nothing of the request went out. */
const NOT_CONNECTED = /\(Connect\)|connection refused|dns error|are blocked/i;

/** Why a call got no answer, in words for the operator. */
export interface Unreachable {
  readonly reason: string;
  /** Whether the request went out. */
  readonly sent: boolean;
}

/**
 * Tells what kept a call from its answer.
 *
 * @param error what `fetch`, or reading its answer, has thrown
 * @param host of the address that was asked: the rest of it may hold a secret
 * @param timeoutMs how long an answer was waited for
 */
export function whyUnreachable(error: unknown, host: string, timeoutMs: number): Unreachable {
  if (error instanceof Error && error.name === "TimeoutError") {
    return { reason: `${host} does not answer within ${timeoutMs / 1000} s`, sent: true };
  }
  if (error instanceof Error && error.name === "AbortError") return { reason: "stopping", sent: true };
  const said = messagesOf(error);
  const [, cause] = CAUSES.find(([pattern]) => pattern.test(said)) ?? [];
  return {
    reason: `${host} cannot be reached: ${cause ?? "the network failed"}`,
    sent: !NOT_CONNECTED.test(said),
  };
}

/** Newer versions put what has happened into the cause. */
function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let at = error; at instanceof Error && messages.length < 5; at = at.cause) {
    messages.push(`${at.name}: ${at.message}`);
  }
  // The address is in there, too, and its words are not the cause.
  return messages.join(" ").replace(/https?:\/\/[^\s)]+/g, "");
}
