import type { Clock } from "../../core/mod.ts";
import { type NamedLimit, readLimit } from "./named_limit.ts";

/**
 * As long as no answer has named the limit, one call is under way, and each second that it takes, one more: one that hangs must not hold
 * up all others, and a call a second is within any limit that people have met on these routes. In milliseconds.
 */
const UNNAMED_WINDOW_MS = 1_000;

/**
 * Between the starts of calls that are under way together, in milliseconds: ten a second. A new conversation takes four calls (its thread,
 * its words, and a look at what stands there), and Discord takes 50 a second in all. Where answers come sooner than that, each call starts
 * when the one before has ended.
 */
const BESIDE_MS = 100;

/** A longest wait for a bucket that has been used up; what takes longer is refused, to be tried again. In milliseconds. */
const MAX_WAIT_MS = 60_000;

interface Waiting {
  readonly resolve: (waitMs: number) => void;
}

/**
 * Lets calls go out that share a rate limit: side by side, in the order in which they came, and never more than Discord is known to take
 * before the limit begins anew. discordeno's own queue waits for each answer before it sends the next call.
 *
 * A call that has no answer yet when the limit begins anew may be counted before or after, so it keeps its place. Whatever hangs, one
 * more call may go out each time.
 */
export class Bucket {
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #cancelTimer: (() => void) | undefined;
  /** Calls that Discord takes in a window; one until it has named the limit. */
  #limit = 1;
  #isNamed = false;
  #windowMs = UNNAMED_WINDOW_MS;
  /** How many more may go out in this window; below 0 when calls that hang have kept more places than there are. */
  #remaining = 1;
  /** Places of this window that are kept by calls of earlier ones, at most. */
  #kept = 0;
  /** One more may go out, since calls that hang keep all places. */
  #hasSpare = false;
  #underWay = 0;
  #lastStart = -Infinity;
  /** When the present window ends, Unix milliseconds; `undefined` before its first call. */
  #endsAt: number | undefined;
  /** The same by Discord's clock, by which windows are told apart; that of the last window while no answer has named the present one's. */
  #end = -Infinity;
  #isEndNamed = false;
  /** The lowest number of calls left that an answer of this window has named: that answer knows of most calls. */
  #lowest = Infinity;
  /** Discord has refused a call and wants to be left alone until then, Unix milliseconds. */
  #refusedUntil = 0;
  #isStopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits until one more call may go out. Each that may is to be ended by {@link leave}.
   *
   * @param first whether it goes before all others that wait: it has waited before
   * @returns 0 when it may; else after how many milliseconds to come again, since that is too long to wait
   */
  enter(first = false): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    if (first) this.#waiting.unshift({ resolve });
    else this.#waiting.push({ resolve });
    this.#admit();
    return promise;
  }

  /**
   * A call has ended.
   *
   * @param sent whether it went out at all
   */
  leave(sent: boolean): void {
    this.#underWay--;
    if (!sent) this.#remaining = Math.min(this.#limit, this.#remaining + 1);
    // Its answer has named no limit, or there was none: nothing is used up that is known of.
    else if (!this.#isNamed && this.#clock.now() >= this.#refusedUntil) this.#remaining = 1;
    this.#admit();
  }

  /** Takes note of what an answer says of the limit, while its call is still under way. */
  learn(headers: Headers): void {
    const limit = readLimit(headers, this.#clock.now());
    if (limit === undefined) return;
    this.#beginAnew();
    if (limit.kind === "refused") this.#refused(limit.until);
    else this.#named(limit);
    this.#admit();
  }

  /** Whether it knows nothing that the next call needs. */
  get isIdle(): boolean {
    this.#beginAnew();
    return this.#underWay === 0 && this.#waiting.length === 0 && this.#endsAt === undefined;
  }

  /** Lets all that wait go at once, since the caller ends them. */
  stop(): void {
    this.#isStopped = true;
    this.#admit();
  }

  #refused(until: number): void {
    this.#remaining = Math.min(0, this.#remaining);
    this.#refusedUntil = Math.max(until, this.#refusedUntil);
    this.#endsAt = Math.max(until, this.#endsAt ?? 0);
  }

  #named({ limit, remaining, resetAfterMs, end }: NamedLimit): void {
    // Answers of one window do not all name its end exactly; that of the next one is a whole window later.
    const tolerance = this.#windowMs / 2;
    const isLater = end > this.#end + tolerance;
    const isEarlier = this.#isEndNamed ? end < this.#end - tolerance : !isLater;
    if (isEarlier && this.#kept > 0) {
      // It was counted in a window that is over, so the place that it has kept in this one is free.
      this.#kept--;
      this.#remaining++;
      return;
    }
    // Earlier though nothing is from then: Discord's clock was set back.
    if (!this.#isNamed || isEarlier || (this.#isEndNamed && isLater)) {
      // What else is under way may be counted by now, or not yet.
      this.#kept = this.#underWay - 1;
      this.#remaining = remaining - this.#kept;
      this.#lowest = Infinity;
    } else {
      this.#remaining = Math.min(this.#remaining, remaining);
    }
    this.#limit = limit;
    this.#windowMs = Math.max(this.#windowMs, resetAfterMs);
    this.#isNamed = this.#isEndNamed = true;
    this.#hasSpare &&= remaining > 0;
    if (remaining > this.#lowest) return;
    this.#lowest = remaining;
    this.#end = end;
    this.#endsAt = this.#clock.now() + resetAfterMs;
  }

  /** Once the present window is over, the next one is open. */
  #beginAnew(): void {
    if (this.#endsAt === undefined || this.#clock.now() < this.#endsAt) return;
    this.#endsAt = undefined;
    this.#isEndNamed = false;
    this.#lowest = Infinity;
    this.#kept = this.#underWay;
    this.#remaining = this.#limit - this.#kept;
    this.#hasSpare = this.#remaining <= 0;
  }

  #admit(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#beginAnew();
    while (this.#waiting.length > 0) {
      const waitMs = this.#isStopped ? 0 : this.#waitMs();
      if (waitMs > 0 && waitMs <= MAX_WAIT_MS) {
        this.#cancelTimer = this.#clock.after(waitMs, () => this.#admit());
        return;
      }
      if (waitMs === 0) this.#start();
      this.#waiting.shift()?.resolve(waitMs);
    }
  }

  #waitMs(): number {
    const now = this.#clock.now();
    if (now < this.#refusedUntil) return this.#refusedUntil - now;
    if (this.#remaining <= 0 && !this.#hasSpare) return Math.max(1, (this.#endsAt ?? now) - now);
    return this.#underWay === 0 ? 0 : Math.max(0, this.#lastStart + BESIDE_MS - now);
  }

  #start(): void {
    const now = this.#clock.now();
    this.#lastStart = now;
    if (this.#remaining <= 0) this.#hasSpare = false;
    this.#remaining--;
    this.#underWay++;
    // Until an answer says better.
    this.#endsAt ??= now + this.#windowMs;
  }
}
