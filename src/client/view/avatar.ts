/**
 * The face of a writer.
 *
 * @module
 */
import { element } from "./dom.ts";
import { icon } from "./icons.ts";

/** How many colours the style sheet has for letters. */
const TINTS = 6;

/**
 * A picture from our own server, or the first letter of the name in a colour of its own.
 *
 * @param name The writer's name, may be empty.
 * @param url The picture. Only a path on our own server is shown: others would learn who reads.
 * @returns The element; screen readers pass over it.
 */
export function avatar(name: string, url?: string): HTMLElement {
  if (url?.startsWith("/") === true && !url.startsWith("//")) {
    return element("img", { class: "avatar", attributes: { src: url, alt: "", width: 32, height: 32 } });
  }
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
