import type { Context } from "hono";
import { accepts } from "hono/accepts";

/** The languages of the page, the first one for everybody else. */
export const PAGE_LOCALES = ["en", "ja", "de", "ar"] as const;

/** A language of the page. */
export type PageLocale = typeof PAGE_LOCALES[number];

const RIGHT_TO_LEFT: ReadonlySet<PageLocale> = new Set(["ar"]);

/** Which way a language of the page is written. */
export function directionOf(locale: PageLocale): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.has(locale) ? "rtl" : "ltr";
}

/** The language of the page that suits a browser best, by its `Accept-Language`. */
export function localeFor(context: Context): PageLocale {
  const chosen = accepts(context, {
    header: "Accept-Language",
    supports: [...PAGE_LOCALES],
    default: PAGE_LOCALES[0],
    // Austrian German is German (RFC 4647 section 3.4).
    match: (found, { supports, default: fallback }) =>
      found.filter(({ q }) => q > 0).sort((a, b) => b.q - a.q)
        .map(({ type }) => type.toLowerCase().split("-")[0] ?? "")
        .find((language) => supports.includes(language)) ?? fallback,
  });
  return PAGE_LOCALES.find((locale) => locale === chosen) ?? PAGE_LOCALES[0];
}
