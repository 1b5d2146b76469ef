/**
 * The face of a writer.
 *
 * @module
 */
import { element } from "./dom.ts";
import { icon } from "./icons.ts";

/** How many colours the style sheet has for letters. */
const TINTS = 6;

/** Those that have come once: the browser has them at hand. */
const arrived = new Set<string>();

/**
 * A picture from our own server, or the first letter of the name in a colour of its own.
 *
 * @param name The writer's name, may be empty.
 * @param url The picture; the letter is there until it comes, or for good. Only a path on our own server is shown:
 * others would learn who reads.
 * @returns The element; screen readers pass over it.
 */
export function avatar(name: string, url?: string): HTMLElement {
  const letter = letterOf(name);
  if (url?.startsWith("/") !== true || url.startsWith("//")) return letter;
  const picture = element("img", { class: "avatar", attributes: { alt: "", width: 32, height: 32 } });
  picture.onload = (): void => {
    arrived.add(url);
    letter.replaceWith(picture);
  };
  picture.onerror = (): void => picture.replaceWith(letter);
  picture.src = url;
  return arrived.has(url) ? picture : letter;
}

function letterOf(name: string): HTMLElement {
  let tint = 0;
  for (const character of name) tint = (tint * 31 + (character.codePointAt(0) ?? 0)) % TINTS;
  return element(
    "div",
    { class: `avatar tint-${tint}`, attributes: { "aria-hidden": "true" } },
    initial(name) ?? icon("chat"),
  );
}

function initial(name: string): string | null {
  const [first] = new Intl.Segmenter().segment(name.trim());
  return first?.segment.toLocaleUpperCase() ?? null;
}
