/**
 * Dates, numbers and sizes in the reader's way.
 *
 * @module
 */

const DAY_MS = 86_400_000;

/** Formats for one locale; made once, because `Intl` objects are slow to make. */
export class Formats {
  readonly #locale: string;
  readonly #time: Intl.DateTimeFormat;
  readonly #weekday: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #dateOtherYear: Intl.DateTimeFormat;
  readonly #full: Intl.DateTimeFormat;
  readonly #relative: Intl.RelativeTimeFormat;
  readonly #number: Intl.NumberFormat;

  /** @param locale A language tag. */
  constructor(locale: string) {
    this.#locale = locale;
    this.#time = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
    this.#weekday = new Intl.DateTimeFormat(locale, { weekday: "long" });
    this.#date = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "long" });
    this.#dateOtherYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
    this.#full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });
    this.#relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
    this.#number = new Intl.NumberFormat(locale);
  }

  /** Hours and minutes. */
  time(at: number): string {
    return this.#time.format(at);
  }

  /** Everything, for a tooltip. */
  full(at: number): string {
    return this.#full.format(at);
  }

  /** A day as people say it: today, yesterday, a weekday, a date. */
  day(at: number, now: number): string {
    const days = Math.round((startOfDay(now) - startOfDay(at)) / DAY_MS);
    if (days === 0 || days === 1) return capitalized(this.#relative.format(-days, "day"), this.#locale);
    if (days > 1 && days < 6) return capitalized(this.#weekday.format(at), this.#locale);
    const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
    return (sameYear ? this.#date : this.#dateOtherYear).format(at);
  }

  /** A number. */
  number(value: number): string {
    return this.#number.format(value);
  }

  /** A part of the whole, from 0 to 1. */
  percent(fraction: number): string {
    return new Intl.NumberFormat(this.#locale, { style: "percent" }).format(fraction);
  }

  /** A wait, in steps of five seconds (nobody wants a countdown read out), or in minutes. */
  wait(ms: number): string {
    const seconds = Math.max(5, Math.ceil(ms / 5_000) * 5);
    const [value, unit] = seconds < 100 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
    return new Intl.NumberFormat(this.#locale, { style: "unit", unit, unitDisplay: "long" }).format(value);
  }

  /** Bytes. */
  size(bytes: number): string {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
    let value = bytes;
    let unit = 0;
    while (value >= 1_000 && unit < units.length - 1) {
      value /= 1_000;
      unit++;
    }
    return new Intl.NumberFormat(this.#locale, {
      style: "unit",
      unit: units[unit] ?? "byte",
      // The short form of bytes has no plural in English.
      unitDisplay: unit === 0 ? "long" : "short",
      maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
    }).format(value);
  }

  /** A moment in one of Discord's styles: t T d D f F R. */
  timestamp(at: number, style: string, now: number): string {
    if (style === "R") return this.#ago(at - now);
    const styles: Record<string, Intl.DateTimeFormatOptions> = {
      t: { timeStyle: "short" },
      T: { timeStyle: "medium" },
      d: { dateStyle: "short" },
      D: { dateStyle: "long" },
      F: { dateStyle: "full", timeStyle: "short" },
    };
    const options = styles[style] ?? { dateStyle: "long", timeStyle: "short" };
    return new Intl.DateTimeFormat(this.#locale, options).format(at);
  }

  #ago(deltaMs: number): string {
    const steps: [Intl.RelativeTimeFormatUnit, number][] = [
      ["year", 365 * DAY_MS],
      ["month", 30 * DAY_MS],
      ["day", DAY_MS],
      ["hour", 3_600_000],
      ["minute", 60_000],
    ];
    const [unit, length] = steps.find(([, ms]) => Math.abs(deltaMs) >= ms) ?? ["second", 1_000];
    return this.#relative.format(Math.round(deltaMs / length), unit);
  }
}

/** Midnight before `at`, in the reader's time zone. */
export function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

function capitalized(text: string, locale: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}
