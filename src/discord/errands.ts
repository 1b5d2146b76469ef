import type { Clock, Logger } from "../core/mod.ts";
import { failureFields } from "./errors.ts";
import { persist } from "./persist.ts";

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
  /** Fields of that line. */
  readonly about?: Readonly<Record<string, unknown>>;
  readonly ask: () => Promise<T>;
  /** Told the answer, unless the errand was dropped meanwhile. */
  readonly done?: (answer: T) => void;
}

/** What is asked once and needed for the rest of a session: asked until Discord could be reached; its refusal is final. */
export class Errands {
  readonly #options: ErrandsOptions;
  readonly #running = new Map<string, AbortController>();

  constructor(options: ErrandsOptions) {
    this.#options = options;
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

  /** Nobody needs the answer any more. */
  drop(kind: string): void {
    this.#running.get(kind)?.abort();
    this.#running.delete(kind);
  }

  async #go<T>({ failure, about, ask, done }: Errand<T>, signal: AbortSignal): Promise<void> {
    const { clock, logger, random } = this.#options;
    const onFailure = (error: unknown, attempt: number): void =>
      logger.warn(`${failure}, trying again`, { ...about, attempt, ...failureFields(error) });
    // Wrapped, since an answer may be `undefined`, too.
    const work = async (): Promise<{ answer: T }> => ({ answer: await ask() });
    try {
      const answered = await persist(work, { clock, random, signal, onFailure });
      if (answered !== undefined && !signal.aborted) done?.(answered.answer);
    } catch (error) {
      if (!signal.aborted) logger.warn(failure, { ...about, ...failureFields(error) });
    }
  }
}
