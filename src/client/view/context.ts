/**
 * What every part of the view shares.
 *
 * @module
 */
import type { Formats } from "../formats.ts";
import type { Locale, Strings } from "../locales/mod.ts";

/** Language, formats and the time. */
export interface ViewContext {
  readonly locale: Locale;
  readonly strings: Strings;
  readonly formats: Formats;
  /** The local time, in Unix milliseconds. */
  readonly now: () => number;
}
