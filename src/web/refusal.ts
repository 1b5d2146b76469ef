import { ChatBoxError } from "../core/mod.ts";
import type { ErrorCode } from "./protocol.ts";

/**
 * Why a visitor does not get what they asked for. Its words are shown to them: they say what is and what is allowed, and name
 * no ids and nothing of the server's inside.
 */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
  readonly code: ErrorCode;

  /** @param message "Cannot <action>: <what is, what is allowed>" */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
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
