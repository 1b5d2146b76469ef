import type { Snowflake } from "../snowflake.ts";

/**
 * What is known of a thread:
 *
 * - `unsure`: something may have been missed in it; that is how each begins, and what becomes of it when a session is lost
 * - `current`: everything that happened in it was told
 * - `behind`: something in it was missed
 * - `reading`: it is being read, from where it is known to its end
 * - `refused`: Discord did not let it be read, or did not say what a message in it needs
 *
 * Only a `current` one takes in what happens now, since that moves the thread's cursor past whatever was missed before.
 */
export type Footing = "unsure" | "current" | "behind" | "reading" | "refused";

/** What happens to a thread, as far as its footing is concerned. */
export type Sign = keyof typeof STEPS;

/** From what to what; where a footing is not named, the sign changes nothing. */
const STEPS = {
  /** Discord tells that it was made just now. */
  made: { unsure: "current" },
  /** Somebody has looked, and nothing in it is newer than what is known. */
  quiet: { unsure: "current" },
  /** Something in it was not taken in: it was nobody's thread yet, there was no room, or a list shows something newer. */
  missed: { unsure: "behind", current: "behind", reading: "behind" },
  /** Its reading begins. */
  begun: { unsure: "reading", behind: "reading", refused: "reading" },
  /** It was read to its end. Where something happened meanwhile that was missed, that was not it. */
  read: { reading: "current" },
  /** Discord has said no. */
  refused: { unsure: "refused", current: "refused", behind: "refused", reading: "refused" },
  /** A refusal is over, or is to be tried. */
  forgiven: { refused: "behind" },
  /** The session is lost, or the bot could not see the channel for a while. */
  doubted: { current: "unsure", reading: "unsure", refused: "behind" },
} as const satisfies Readonly<Record<string, Partial<Readonly<Record<Footing, Footing>>>>>;

/** Threads of which it is known that nothing in them was missed; another one is read once more than it had to be. */
const CURRENT_KEPT = 20_000;

/** Threads with a gap; one that is forgotten is `unsure` again, and read before the next event in it. */
const GAPS_KEPT = 10_000;

/** The footing that follows from a sign. */
export function footingAfter(footing: Footing, sign: Sign): Footing {
  const steps: Partial<Readonly<Record<Footing, Footing>>> = STEPS[sign];
  return steps[footing] ?? footing;
}

/** Keeps the footing of each thread. */
export class Footings {
  readonly #current = new Set<Snowflake>();
  readonly #gaps = new Map<Snowflake, Exclude<Footing, "unsure" | "current">>();

  /** A thread's footing. */
  of(thread: Snowflake): Footing {
    return this.#gaps.get(thread) ?? (this.#current.has(thread) ? "current" : "unsure");
  }

  /** Something happens to a thread. */
  tell(thread: Snowflake, sign: Sign): void {
    this.#set(thread, footingAfter(this.of(thread), sign));
  }

  /** Something happens to all of them. */
  tellAll(sign: Sign): void {
    for (const thread of [...this.#gaps.keys(), ...this.#current]) this.tell(thread, sign);
  }

  /** The threads in which something was missed that nobody reads at the moment. */
  get behind(): readonly Snowflake[] {
    return [...this.#gaps].filter(([, footing]) => footing === "behind").map(([thread]) => thread);
  }

  /** A thread is gone. */
  forget(thread: Snowflake): void {
    this.#set(thread, "unsure");
  }

  #set(thread: Snowflake, footing: Footing): void {
    if (footing === this.of(thread)) return;
    this.#current.delete(thread);
    this.#gaps.delete(thread);
    if (footing === "current") {
      makeRoom(this.#current, CURRENT_KEPT);
      this.#current.add(thread);
    } else if (footing !== "unsure") {
      makeRoom(this.#gaps, GAPS_KEPT);
      this.#gaps.set(thread, footing);
    }
  }
}

/** Forgets the oldest. */
function makeRoom(kept: Set<Snowflake> | Map<Snowflake, unknown>, most: number): void {
  const [oldest] = kept.keys();
  if (kept.size >= most && oldest !== undefined) kept.delete(oldest);
}
