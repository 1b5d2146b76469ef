import type { ValueType } from "../config.ts";
import { isUuid, type Uuid } from "../core/mod.ts";

const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000 };

/** A path that is not a flag by mistake. */
export const path: ValueType<string> = {
  allowed: "a path without control characters",
  placeholder: "FILE",
  // deno-lint-ignore no-control-regex -- they are what is refused
  parse: (text) => text === "" || /[\x00-\x1f\x7f]/.test(text) ? undefined : text,
};

/** The public id of a conversation. */
export const uid: ValueType<Uuid> = {
  allowed: "a conversation's id, as its thread is named: 8-4-4-4-12 hexadecimal digits",
  placeholder: "UID",
  parse(text): Uuid | undefined {
    const lower = text.toLowerCase();
    return isUuid(lower) ? lower : undefined;
  },
};

/** An age in milliseconds. */
export const age: ValueType<number> = {
  allowed: "a whole number of days or hours from 1 to 99999, such as 365d or 12h",
  placeholder: "AGE",
  parse(text): number | undefined {
    const [, count, unit] = /^([1-9]\d{0,4})([dh])$/.exec(text.toLowerCase()) ?? [];
    return count === undefined || unit === undefined ? undefined : Number(count) * (UNIT_MS[unit] ?? NaN);
  },
};

/** Whether a flag without a value is there. */
export const present: ValueType<boolean> = {
  allowed: "no value",
  placeholder: "",
  parse: (text) => text === "yes",
};
