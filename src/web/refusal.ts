import { ChatBoxError } from "../core/mod.ts";
import type { ErrorCode } from "./protocol.ts";

/**
 * Why a visitor does not get what they asked for. Its words are shown to them: they say what is and what is allowed, and name
 * no ids and nothing of the server's inside.
 */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
  readonly code: ErrorCode;
  /** When to ask again, in milliseconds from now; `undefined` when asking again gives the same answer. */
  readonly retryAfterMs: number | undefined;

  /** @param message "Cannot <action>: <what is, what is allowed>" */
  constructor(code: ErrorCode, message: string, options: RefusalOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs ?? (code === "overloaded" ? OVERLOADED_RETRY_MS : undefined);
  }
}

/** How long a server that is overloaded is left alone, in milliseconds: a commit that failed may succeed the next time. */
const OVERLOADED_RETRY_MS = 1_000;

/** Options of a {@link Refusal}. */
export interface RefusalOptions extends ErrorOptions {
  /** See {@link Refusal.retryAfterMs}. */
  readonly retryAfterMs?: number;
}

/** Words for a code where nobody has chosen better ones. */
const WORDS: Readonly<Partial<Record<ErrorCode, string>>> = {
  not_found: "it is not there, or not any more",
  forbidden: "only who sent it may",
  blocked: "this conversation is blocked",
  overloaded: "the server cannot do it now, try again later",
};

/**
 * What a visitor is told of an error. Those of the library and of the storage speak to the operator: they name uids and files.
 *
 * @param action what was asked for, in words that can follow "Cannot"
 */
export function refusalOf(error: unknown, action: string): Refusal {
  if (error instanceof Refusal) return error;
  const code = codeOf(error);
  return new Refusal(code, `Cannot ${action}: ${WORDS[code] ?? "the server has a problem"}`, {
    cause: error,
  });
}

function codeOf(error: unknown): ErrorCode {
  if (!(error instanceof ChatBoxError)) return "internal";
  switch (error.code) {
    case "not_found":
    case "forbidden":
    case "blocked":
    case "overloaded":
      return error.code;
    case "closed":
      return "overloaded";
    default:
      return "internal";
  }
}
