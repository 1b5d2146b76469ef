/**
 * The languages of the page, and how one is chosen.
 *
 * @module
 */
import { ar } from "./ar.ts";
import { de } from "./de.ts";
import { en, type Strings } from "./en.ts";
import { ja } from "./ja.ts";

export type { Strings } from "./en.ts";

/** Every language there is; a new one is a file and a line here. */
const LOCALES: Readonly<Record<string, Strings>> = { en, ja, de, ar };

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(["ar", "fa", "he", "ur"]);

/** A chosen language. */
export interface Locale {
  /** Language of the texts, for the `lang` attribute. */
  readonly lang: string;
  readonly dir: "ltr" | "rtl";
  readonly strings: Strings;
  /** For `Intl`: the reader's own variant of that language where there is one, e.g. `en-GB`. */
  readonly format: string;
}

/**
 * Chooses the first language that exists here.
 *
 * @param wanted Language tags, the most wanted first; empty ones are passed over.
 * @param variants The reader's own tags, for the way dates and numbers are written.
 * @returns The language; English when none fits.
 */
export function chooseLocale(wanted: readonly string[], variants: readonly string[]): Locale {
  const lang = wanted.map(languageOf).find((candidate) => Object.hasOwn(LOCALES, candidate)) ?? "en";
  const tags = [...wanted, ...variants].filter((tag) => languageOf(tag) === lang && isTag(tag));
  // The server names languages only; the reader's browser knows whether theirs is British.
  const format = tags.find((tag) => tag.includes("-")) ?? tags[0] ?? lang;
  const dir = RIGHT_TO_LEFT.has(lang) ? "rtl" : "ltr";
  return { lang, dir, strings: LOCALES[lang] ?? en, format };
}

function languageOf(tag: string): string {
  return tag.toLowerCase().split(/[-_]/)[0] ?? "";
}

function isTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}
