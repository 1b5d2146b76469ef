import { Refusal } from "../refusal.ts";

/** Too much was asked in too short a time. */
export class RateLimited extends Refusal {
  override readonly name = "RateLimited";
  declare readonly retryAfterMs: number;

  /** @param action what was refused, in words that can follow "Cannot" */
  constructor(action: string, retryAfterMs: number) {
    super(
      "rate_limited",
      `Cannot ${action}: too many in a short time, try again in ${Math.ceil(retryAfterMs / 1000)} s`,
      { retryAfterMs },
    );
  }
}
