/**
 * Makes elements. Text gets in as text nodes, always.
 *
 * @module
 */

/** What an element gets besides its children. */
export interface ElementOptions {
  readonly class?: string;
  /** Attributes; null and false leave one out, true sets it empty. Never `style`: the CSP forbids it. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | null>>;
  readonly on?: { readonly [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
}

/** What may stand inside an element. Strings become text nodes; null is left out. */
export type Child = Node | string | null;

/**
 * Makes an element.
 *
 * @param tag Its name.
 * @param options Class, attributes, listeners.
 * @param children What stands inside.
 * @returns The element.
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: ElementOptions = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (options.class !== undefined) node.className = options.class;
  for (const [name, value] of Object.entries(options.attributes ?? {})) setAttribute(node, name, value);
  for (const [type, listener] of Object.entries(options.on ?? {})) {
    node.addEventListener(type, listener as EventListener);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** Sets an attribute; null and false remove it. */
export function setAttribute(node: Element, name: string, value: string | number | boolean | null): void {
  if (value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** Text for screen readers only. */
export function spoken(text: string): HTMLSpanElement {
  return element("span", { class: "spoken" }, text);
}

/** An element of the page's HTML; its absence is a mistake of ours. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const node = document.getElementById(id);
  if (!(node instanceof type)) throw new Error(`Cannot start the page: it has no ${type.name} #${id}`);
  return node;
}

/** Sets text only when it differs, so that screen readers don't repeat it. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A button with an icon and a name. */
export function iconButton(
  icon: Node,
  label: string,
  onClick: () => void,
  className = "",
): HTMLButtonElement {
  return element("button", {
    class: `icon-button ${className}`.trim(),
    attributes: { type: "button", "aria-label": label, title: label },
    on: { click: onClick },
  }, icon);
}
