import type { Clock, Logger } from "../core/mod.ts";
import { DiscordRefusal, failureFields } from "./errors.ts";
import { persist } from "./persist.ts";
import { Allowance, ALLOWED_EVERY_MS } from "./refusals/allowance.ts";
import { wait } from "./waiting.ts";

/** How long after a refusal it is asked again, in milliseconds; twice as long each time, up to the longest. */
const FIRST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 300_000;

/** What {@link Errands} needs. */
export interface ErrandsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Jitter, from 0 to below 1. */
  readonly random: () => number;
  /** Ends all of them. */
  readonly signal: AbortSignal;
  /** Something that a stop waits for; it never rejects. */
  readonly attend: (work: Promise<void>) => void;
}

/** Something that Discord is to be asked once. */
export interface Errand<T> {
  /** There is one of a kind at a time: a later one takes the place of the earlier. */
  readonly kind: string;
  /** What the log says when it fails. */
  readonly failure: string;
  /** What the log says when it works after it has failed; nothing when left out. */
  readonly success?: string;
  /** Fields of those lines. */
  readonly about?: Readonly<Record<string, unknown>>;
  /** More fields where Discord forbids it: what is to be clicked. */
  readonly remedy?: Readonly<Record<string, unknown>>;
  /** The signal is aborted when nobody needs the answer any more. */
  readonly ask: (signal: AbortSignal) => Promise<T>;
  /** Told the answer, unless the errand was dropped meanwhile. */
  readonly done?: (answer: T) => void;
}

/**
 * What is asked once and needed for the rest of a session: asked until Discord could be reached and, ever more seldom, until it allows
 * it, since nobody tells when somebody has given the bot what it lacks. That a server does not know what is asked is final.
 */
export class Errands {
  readonly #options: ErrandsOptions;
  readonly #running = new Map<string, AbortController>();
  readonly #allowance: Allowance;

  constructor(options: ErrandsOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options.clock);
  }

  /** Begins one. */
  run<T>(errand: Errand<T>): void {
    this.drop(errand.kind);
    const dropped = new AbortController();
    this.#running.set(errand.kind, dropped);
    const signal = AbortSignal.any([this.#options.signal, dropped.signal]);
    this.#options.attend(
      this.#go(errand, signal).finally(() => {
        if (this.#running.get(errand.kind) === dropped) this.#running.delete(errand.kind);
      }),
    );
  }

  /** Whether one of a kind is under way. */
  runs(kind: string): boolean {
    return this.#running.has(kind);
  }

  /** Nobody needs the answer any more. */
  drop(kind: string): void {
    this.#running.get(kind)?.abort();
    this.#running.delete(kind);
  }

  async #go<T>(errand: Errand<T>, signal: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    const { failure, about, remedy } = errand;
    for (let refusals = 0; !signal.aborted; refusals++) {
      try {
        return await this.#ask(errand, signal, refusals > 0);
      } catch (error) {
        if (signal.aborted) return;
        const isForbidden = error instanceof DiscordRefusal && error.status === 403;
        const fields = { ...about, ...failureFields(error), ...(isForbidden && remedy) };
        if (refusals === 0 || !isForbidden) logger.warn(failure, fields);
        else logger.debug(failure, fields);
        if (!isForbidden) return;
        await this.#waitAfterRefusal(refusals, signal);
      }
    }
  }

  /** Asks until Discord could be reached. */
  async #ask<T>(errand: Errand<T>, signal: AbortSignal, hasFailed: boolean): Promise<void> {
    const { clock, logger, random } = this.#options;
    const { failure, success, about, ask, done } = errand;
    let failed = hasFailed;
    const onFailure = (error: unknown, attempt: number): void => {
      failed = true;
      logger.warn(`${failure}, trying again`, { ...about, attempt, ...failureFields(error) });
    };
    // Wrapped, since an answer may be `undefined`, too.
    const work = async (): Promise<{ answer: T }> => ({ answer: await ask(signal) });
    const answered = await persist(work, { clock, random, signal, onFailure });
    if (answered === undefined || signal.aborted) return;
    if (failed && success !== undefined) logger.info(success, about);
    done?.(answered.answer);
  }

  /** However many errands there are: refusals count towards a ban of the address. */
  async #waitAfterRefusal(refusals: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    await wait(Math.min(FIRST_WAIT_MS * 2 ** refusals, LONGEST_WAIT_MS), clock, signal);
    while (this.#allowance.left === 0 && !signal.aborted) await wait(ALLOWED_EVERY_MS, clock, signal);
    this.#allowance.spend();
  }
}
