/**
 * What the site asks for in the `data-` attributes of the widget's script element.
 *
 * @module
 */
import { chooseTag } from "./labels.ts";

/** The widget's options. */
export interface WidgetOptions {
  /** The chat server, from the script's own address. */
  readonly origin: string;
  /** At which end of the line the launcher sits. */
  readonly position: "start" | "end" | "left" | "right";
  /** `#rrggbb`. */
  readonly color: string;
  /** A language tag, of the launcher and of the chat in the frame. */
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
 * @param languages The visitor's own, the most wanted first: a site names another one for the widget in
 * `data-locale`, whatever the page around it is written in.
 * @returns The options, defaults filled in.
 */
export function readOptions(script: HTMLScriptElement, languages: readonly string[]): WidgetOptions {
  const { position = "", color = "", title, greeting, launcher } = script.dataset;
  const locale = chooseTag([script.dataset.locale ?? "", ...languages]);
  const openOn = selector(script.dataset.openOn ?? "");
  const validColor = /^#[0-9a-f]{6}$/i.test(color);
  // The chat is told: the languages that its server hears of may be fewer, or others.
  const frame: Record<string, string> = { locale };
  if (title !== undefined) frame["title"] = title;
  if (greeting !== undefined) frame["greeting"] = greeting;
  if (validColor) frame["color"] = color;
  return {
    origin: new URL(script.src).origin,
    position: POSITIONS.includes(position) ? position as WidgetOptions["position"] : "end",
    color: validColor ? color : "#0d766a",
    locale,
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
