import { errors, jwtVerify } from "jose";
import type { Clock } from "../core/mod.ts";
import { Refusal } from "./refusal.ts";
import { nameAndEmail } from "./visitor_name.ts";

/** Clocks of two servers differ by a little, in seconds. */
const CLOCK_TOLERANCE_S = 5;

/** OpenID Connect Core section 2. */
const MAX_SUBJECT = 255;

/** Whom the site around the chat has signed in. */
export interface Subject {
  /** What the site calls them, always the same and nobody else's: the `sub` of the token. */
  readonly id: string;
  readonly name?: string;
  readonly email?: string;
}

/** Reads the tokens with which a site's own server says who its visitor is: JWTs (RFC 7519), HS256, with `exp` and `sub`. */
export class SignIn {
  readonly #secret: Uint8Array | undefined;
  readonly #clock: Clock;

  /** @param secret shared with the site's server; without it every token is refused */
  constructor(secret: string | undefined, clock: Clock) {
    this.#secret = secret === undefined ? undefined : new TextEncoder().encode(secret);
    this.#clock = clock;
  }

  /**
   * Reads a token.
   *
   * @throws {Refusal} `forbidden`, with words that tell the site's developer what is wrong and never quote the token
   */
  async verify(token: string): Promise<Subject> {
    if (this.#secret === undefined) throw refusal("IDENTITY_SECRET is not set on the chat's server");
    try {
      const { payload } = await jwtVerify(token, this.#secret, {
        algorithms: ["HS256"],
        requiredClaims: ["exp", "sub"],
        currentDate: new Date(this.#clock.now()),
        clockTolerance: CLOCK_TOLERANCE_S,
      });
      const { sub } = payload;
      if (typeof sub !== "string" || sub === "" || sub.length > MAX_SUBJECT || !sub.isWellFormed()) {
        throw refusal(`its sub is not a text of 1 to ${MAX_SUBJECT} characters`);
      }
      return { id: sub, ...nameAndEmail(payload.name, payload.email) };
    } catch (error) {
      throw error instanceof Refusal ? error : refusal(reasonOf(error), error);
    }
  }
}

function refusal(reason: string, cause?: unknown): Refusal {
  return new Refusal("forbidden", `Cannot sign in: the token is not accepted, ${reason}`, { cause });
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "it has expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `its claim ${error.claim} is missing or not allowed`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return "it is not signed with HS256";
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return "its signature is not made with IDENTITY_SECRET";
  }
  return "it is not a signed JWT";
}
