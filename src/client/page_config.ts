/**
 * What the server and the embedding site say about the page.
 *
 * @module
 */

/** The page's configuration. */
export interface PageConfig {
  /** What the chat is called. */
  readonly name: string;
  /** What it says first; empty for the language's own words. */
  readonly greeting: string;
  /** The language the server chose; empty for the browser's. */
  readonly locale: string;
}

/** What the site around the widget asks for, from the address's fragment. */
export interface EmbedConfig {
  readonly title?: string;
  readonly greeting?: string;
  readonly locale?: string;
  /** A colour as `#rrggbb`. */
  readonly color?: string;
  /** Whether the site is about to say who the visitor is. */
  readonly identified?: true;
}

const DEFAULTS: PageConfig = { name: "ChatBox50", greeting: "", locale: "" };
/** What a site may say is a line, not a book. */
const MAX_TEXT = 500;

/**
 * Reads the server's part.
 *
 * @param json The content of `<meta name="chatbox50">`.
 * @returns The configuration, with defaults for what is missing.
 */
export function parsePageConfig(json: string): PageConfig {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return DEFAULTS;
  }
  if (typeof value !== "object" || value === null) return DEFAULTS;
  const { name, greeting, locale } = value as Readonly<Record<string, unknown>>;
  return {
    name: typeof name === "string" && name !== "" ? name : DEFAULTS.name,
    greeting: typeof greeting === "string" ? greeting : DEFAULTS.greeting,
    locale: typeof locale === "string" ? locale : DEFAULTS.locale,
  };
}

/**
 * Reads the embedding site's part. Only a page in a frame may: the server decides who frames it, but anybody can
 * put words into a link.
 *
 * @param fragment The address's fragment.
 * @returns What it asks for.
 */
export function parseEmbedConfig(fragment: string): EmbedConfig {
  const values = new URLSearchParams(fragment.replace(/^#/, ""));
  const text = (name: string): Record<string, string> => {
    const value = values.get(name);
    return value === null || value === "" ? {} : { [name]: value.slice(0, MAX_TEXT) };
  };
  const color = values.get("color") ?? "";
  return {
    ...text("title"),
    ...text("greeting"),
    ...text("locale"),
    ...(values.get("identified") === "1" ? { identified: true } : {}),
    ...(/^#[0-9a-f]{6}$/i.test(color) ? { color } : {}),
  };
}
