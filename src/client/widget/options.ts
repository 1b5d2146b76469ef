/**
 * What the site asks for in the `data-` attributes of the widget's script element.
 *
 * @module
 */

/** The widget's options. */
export interface WidgetOptions {
  /** The chat server, from the script's own address. */
  readonly origin: string;
  /** At which end of the line the launcher sits. */
  readonly position: "start" | "end" | "left" | "right";
  /** `#rrggbb`. */
  readonly color: string;
  readonly locale: string;
  /** What is passed on to the page in the frame. */
  readonly frame: Readonly<Record<string, string>>;
  /** A selector for the site's own elements that open the chat; then there is no launcher unless asked for. */
  readonly openOn: string;
  readonly launcher: boolean;
}

const POSITIONS: readonly string[] = ["start", "end", "left", "right"];

/**
 * Reads the options.
 *
 * @param script The script element.
 * @param pageLanguage The site's language, where it names none for the widget.
 * @returns The options, defaults filled in.
 */
export function readOptions(script: HTMLScriptElement, pageLanguage: string): WidgetOptions {
  const { position = "", color = "", title, greeting, launcher, locale } = script.dataset;
  const openOn = selector(script.dataset.openOn ?? "");
  const validColor = /^#[0-9a-f]{6}$/i.test(color);
  const frame: Record<string, string> = {};
  if (title !== undefined) frame["title"] = title;
  if (greeting !== undefined) frame["greeting"] = greeting;
  if (locale !== undefined) frame["locale"] = locale;
  if (validColor) frame["color"] = color;
  return {
    origin: new URL(script.src).origin,
    position: POSITIONS.includes(position) ? position as WidgetOptions["position"] : "end",
    color: validColor ? color : "#0d766a",
    locale: locale ?? (pageLanguage || navigator.language),
    frame,
    openOn,
    launcher: launcher === undefined ? openOn === "" : launcher !== "hidden",
  };
}

/** One that isn't a selector would fail at every click on the site, and leave it without a launcher. */
function selector(text: string): string {
  try {
    if (text !== "") document.createDocumentFragment().querySelector(text);
    return text;
  } catch {
    // deno-lint-ignore no-console -- the site's makers look there, and nowhere else
    console.warn(`ChatBox50: data-open-on is ${JSON.stringify(text)}, allowed is a CSS selector`);
    return "";
  }
}
