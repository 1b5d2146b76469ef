/**
 * The kinds of values that an option can have. A type says in words what it allows; whoever reports a bad value adds the rest.
 *
 * @module
 */
import { isIP } from "node:net";

/** How an option's text becomes its value. */
export interface ValueType<T> {
  /** What is allowed, in words that can follow "allowed:". */
  readonly allowed: string;
  /** Placeholder of the value in the help. */
  readonly placeholder: string;
  /** Gives the value of a trimmed text that is not empty, or `undefined` when the text is not allowed. */
  parse(text: string): T | undefined;
}

// Control and format characters, line and paragraph separators, lone surrogates. A zero width joiner (emoji) stays.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202A-\u202E\u2066-\u2069\uFEFF]/u;
// The highest unsigned 64-bit number: what a snowflake fits in.
const MAX_SNOWFLAKE = 2n ** 64n - 1n;
const HOSTNAME = /^(?=.{1,253}$)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/**
 * A whole number in decimal digits.
 *
 * @param min The smallest allowed
 * @param max The largest allowed
 * @param words What is allowed, when the bounds alone do not say it
 */
export function integer(min: number, max: number, words?: string): ValueType<number> {
  return {
    allowed: words ?? `a whole number from ${min} to ${max}`,
    placeholder: "NUMBER",
    parse(text): number | undefined {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** One of a few words, in any case. */
export function oneOf<const T extends string>(...words: readonly T[]): ValueType<T> {
  return {
    allowed: `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    placeholder: words.join("|"),
    parse: (text) => words.find((word) => word === text.toLowerCase()),
  };
}

/**
 * One line of text for people.
 *
 * @param maxLength Largest number of code points
 */
export function line(maxLength: number): ValueType<string> {
  return {
    allowed: `one line of at most ${maxLength} characters`,
    placeholder: "TEXT",
    parse: (value) => [...value].length <= maxLength && !UNPRINTABLE.test(value) ? value : undefined,
  };
}

/**
 * Text for people that may have several lines.
 *
 * @param maxLength Largest number of code points
 */
export function lines(maxLength: number): ValueType<string> {
  return {
    allowed: `text of at most ${maxLength} characters, without control characters other than line breaks`,
    placeholder: "TEXT",
    parse(text): string | undefined {
      const value = text.replaceAll("\r\n", "\n");
      return [...value].length <= maxLength && !UNPRINTABLE.test(value.replaceAll("\n", ""))
        ? value
        : undefined;
    },
  };
}

/** A path of the file system. */
export const path: ValueType<string> = {
  allowed: "a path without control characters",
  placeholder: "PATH",
  parse: (text) => UNPRINTABLE.test(text) ? undefined : text,
};

/** A secret in visible ASCII, as it travels in an HTTP header. */
export const token: ValueType<string> = {
  allowed: 'one line of visible ASCII characters without spaces, and without "Bot" before it',
  placeholder: "TOKEN",
  parse: (text) => /^[\x21-\x7e]+$/.test(text) ? text : undefined,
};

/**
 * A secret that is shared with another program, in visible ASCII.
 *
 * @param min Fewest characters
 */
export function sharedSecret(min: number): ValueType<string> {
  return {
    allowed: `one line of at least ${min} visible ASCII characters without spaces`,
    placeholder: "SECRET",
    parse: (text) => text.length >= min && /^[\x21-\x7e]+$/.test(text) ? text : undefined,
  };
}

/** An IP address or a host name to listen on. */
export const host: ValueType<string> = {
  allowed: "an IP address or a host name",
  placeholder: "HOST",
  parse(text): string | undefined {
    const bare = /^\[.+\]$/.test(text) ? text.slice(1, -1) : text;
    if (isIP(bare) !== 0) return bare;
    // what looks like an IPv4 address but is none would otherwise be looked up as a name
    return bare === text && HOSTNAME.test(text) && !/(?:^|\.)\d+$/.test(text) ? text : undefined;
  },
};

/** A Discord id: a string, because it does not fit a JavaScript number. */
export const snowflake: ValueType<string> = {
  allowed: "a Discord id, digits only (in Discord: developer mode on, right click, copy id)",
  placeholder: "ID",
  parse: (text) => /^[1-9]\d{0,19}$/.test(text) && BigInt(text) <= MAX_SNOWFLAKE ? text : undefined,
};

/** An http or https address without user, query and fragment; its trailing slashes are dropped. */
export const httpUrl: ValueType<string> = {
  allowed: "an address that begins with http:// or https://, without user, query and fragment",
  placeholder: "URL",
  parse(text): string | undefined {
    if (!/^https?:\/\/[^\s?#\\]+$/i.test(text) || UNPRINTABLE.test(text)) return undefined;
    const url = URL.parse(text);
    if (url === null || url.username !== "" || url.password !== "") return undefined;
    return url.href.replace(/\/+$/, "");
  },
};

/** The base of Discord's REST interface. The version is left to the caller: a `/v10` at the end is dropped, another one is refused. */
export const discordApiUrl: ValueType<string> = {
  allowed: `${httpUrl.allowed}, with no version or /v10 at its end`,
  placeholder: "URL",
  parse(text): string | undefined {
    const base = httpUrl.parse(text)?.replace(/\/v10$/, "");
    return base === undefined || /\/v\d+$/.test(base) ? undefined : base;
  },
};

/** A comma-separated list without repetitions; every item has to be allowed. */
export function list<T extends string>(item: ValueType<T>, max: number): ValueType<readonly T[]> {
  return {
    allowed: `a comma-separated list of ${item.allowed}`,
    placeholder: `${item.placeholder},...`,
    parse(text): readonly T[] | undefined {
      const values: T[] = [];
      for (const part of text.split(",").map((each) => each.trim())) {
        const value = part === "" ? undefined : item.parse(part);
        if (value === undefined) return undefined;
        if (!values.includes(value)) values.push(value);
      }
      return values.length <= max ? values : undefined;
    },
  };
}

/** A name for which a certificate can be had. */
export const domain: ValueType<string> = {
  allowed: "a full host name such as chat.example.com, no address and no wildcard",
  placeholder: "NAME",
  parse(text): string | undefined {
    const name = text.toLowerCase();
    const labels = name.split(".");
    const allowed = labels.length >= 2 && HOSTNAME.test(name) && !name.includes("_") &&
      !/^\d+$/.test(labels.at(-1) ?? "");
    return allowed ? name : undefined;
  },
};

/** An address for mail. */
export const email: ValueType<string> = {
  allowed: "an address such as admin@example.com",
  placeholder: "ADDRESS",
  parse: (text) => /^[^\s@<>"',;]+@[^\s@<>"',;]+\.[^\s@<>"',;]+$/.test(text) ? text : undefined,
};
