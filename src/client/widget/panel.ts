/**
 * The launcher and the panel on the site's page. Nothing of the chat is loaded before it is opened.
 *
 * @module
 */
import { textOn } from "../colors.ts";
import type { Labels } from "./labels.ts";
import type { WidgetOptions } from "./options.ts";
import { PHONE_QUERY, widgetSheet } from "./style.ts";

const SVG = "http://www.w3.org/2000/svg";
const BUBBLE = "M20 11.5a7.5 7.5 0 0 1-11.2 6.5L4 19.5l1.5-4.3A7.5 7.5 0 1 1 20 11.5z";
const DOWN = "M6.5 9.5l5.5 5.5 5.5-5.5";
const CROSS = "M6 6l12 12M18 6L6 18";
const RIGHT_TO_LEFT = /^ar\b/i;

/** The widget's elements, in a shadow tree of their own. */
export class Panel {
  readonly #options: WidgetOptions;
  readonly #labels: Labels;
  readonly #root = document.createElement("div");
  readonly #panel = document.createElement("div");
  readonly #launcher = document.createElement("button");
  readonly #badge = document.createElement("span");
  readonly #path: SVGPathElement;
  /** Lies over the frame until that is ready: only then does the chat itself have a way out. */
  readonly #cover = document.createElement("div");
  #frame: HTMLIFrameElement | null = null;
  #isBlocked = false;
  #unread = 0;
  #opener: Element | null = null;
  #hostOverflow: string | null = null;

  /**
   * @param options What the site asks for.
   * @param labels The words.
   * @param onToggle The launcher was pressed.
   */
  constructor(options: WidgetOptions, labels: Labels, onToggle: () => void) {
    this.#options = options;
    this.#labels = labels;
    const host = document.createElement("chatbox50-widget");
    const shadow = host.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [widgetSheet()];
    this.#root.dir = RIGHT_TO_LEFT.test(options.locale) ? "rtl" : "ltr";
    this.#root.lang = options.locale;
    this.#root.className = options.launcher ? "" : "bare";
    const { position } = options;
    const side = position === "left" ? "ltr" : "rtl";
    const atStart = position === "start" || (position !== "end" && this.#root.dir === side);
    this.#root.classList.toggle("start", atStart);
    host.style.setProperty("--c", options.color);
    host.style.setProperty("--t", textOn(options.color));

    this.#path = asButton(this.#launcher, "launcher", BUBBLE, onToggle);
    this.#launcher.hidden = !options.launcher;
    this.#launcher.append(this.#badge);
    const close = document.createElement("button");
    asButton(close, "close", CROSS, onToggle);
    close.setAttribute("aria-label", labels.close);
    this.#cover.append(close);
    this.#badge.className = "badge";
    this.#panel.className = "panel closed";
    this.#panel.setAttribute("role", "dialog");
    this.#panel.setAttribute("aria-label", options.frame["title"] ?? labels.chat);
    this.#root.append(this.#panel, this.#launcher);
    this.#root.onkeydown = (event): void => {
      if (event.key === "Escape" && this.isOpen) onToggle();
    };
    shadow.append(this.#root);
    document.body.append(host);
    this.#label();
    visualViewport?.addEventListener("resize", () => this.#fit());
    visualViewport?.addEventListener("scroll", () => this.#fit());
  }

  /** Whether the panel is open. */
  get isOpen(): boolean {
    return this.#root.classList.contains("open");
  }

  /** The window inside the frame, once there is one. */
  get frameWindow(): Window | null {
    return this.#frame?.contentWindow ?? null;
  }

  /**
   * Opens the panel, and loads the chat the first time.
   *
   * @param identified Whether the chat is about to hear who the visitor is.
   * @returns The frame if it has just been made.
   */
  open(identified: boolean): HTMLIFrameElement | null {
    const made = this.#frame === null || this.#isBlocked ? this.#load(identified) : null;
    this.#opener = this.#focused();
    this.#root.classList.add("open");
    this.#panel.classList.remove("closed");
    this.#label();
    this.#fit();
    if (matchMedia(PHONE_QUERY).matches) {
      const { style } = document.documentElement;
      this.#hostOverflow = style.overflow;
      style.overflow = "hidden";
    }
    this.#frame?.focus();
    return made;
  }

  /** Closes the panel; the focus goes back to where it was. */
  close(): void {
    this.#root.classList.remove("open");
    this.#panel.classList.add("closed");
    this.#label();
    if (this.#hostOverflow !== null) document.documentElement.style.overflow = this.#hostOverflow;
    this.#hostOverflow = null;
    const back = this.#opener instanceof HTMLElement && this.#opener.isConnected
      ? this.#opener
      : this.#launcher;
    back.focus();
  }

  /** Shows how many messages are unread. */
  set unread(count: number) {
    this.#unread = count;
    this.#label();
  }

  /** The chat is there. */
  ready(): void {
    this.#isBlocked = false;
    this.#cover.remove();
  }

  /**
   * The frame can't be shown here, or takes too long: says so and offers the chat in a tab of its own. Opening again
   * tries once more.
   */
  blocked(): void {
    const words = document.createElement("p");
    words.textContent = this.#labels.blocked;
    const link = document.createElement("a");
    link.href = `${this.#options.origin}/`;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = this.#labels.tab;
    this.#isBlocked = true;
    this.#cover.className = "cover blocked";
    this.#cover.append(words, link);
    if (this.isOpen) link.focus();
  }

  #load(identified: boolean): HTMLIFrameElement {
    const frame = document.createElement("iframe");
    // What the frame is told is no secret, and behind the # it stays out of the server's logs.
    const words = { ...this.#options.frame, ...(identified ? { identified: "1" } : {}) };
    frame.src = `${this.#options.origin}/embed#${new URLSearchParams(words)}`;
    frame.title = this.#options.frame["title"] ?? this.#labels.chat;
    frame.referrerPolicy = "origin";
    frame.allow = "clipboard-write";
    this.#frame = frame;
    this.#isBlocked = false;
    this.#cover.className = "cover waiting";
    while (this.#cover.childElementCount > 1) this.#cover.lastElementChild?.remove();
    this.#panel.replaceChildren(frame, this.#cover);
    return frame;
  }

  #label(): void {
    const { open, close, unread } = this.#labels;
    const count = this.isOpen ? 0 : this.#unread;
    this.#badge.hidden = count === 0;
    this.#badge.textContent = count > 99 ? "99+" : String(count);
    this.#path.setAttribute("d", this.isOpen ? DOWN : BUBBLE);
    this.#launcher.setAttribute("aria-expanded", String(this.isOpen));
    this.#launcher.setAttribute(
      "aria-label",
      this.isOpen ? close : count > 0 ? `${open} (${count} ${unread})` : open,
    );
  }

  /** Keeps a full-screen panel above the phone's keyboard. */
  #fit(): void {
    const viewport = visualViewport;
    if (viewport === null || !this.isOpen || viewport.scale > 1.01) return;
    this.#panel.style.setProperty("--height", `${viewport.height}px`);
    this.#panel.style.setProperty("--top", `${viewport.offsetTop}px`);
  }

  #focused(): Element | null {
    const active = document.activeElement;
    return active === document.body || active?.shadowRoot?.contains(this.#root) === true ? null : active;
  }
}

/** Dresses a button; returns the path of its picture. */
function asButton(
  button: HTMLButtonElement,
  className: string,
  picture: string,
  onClick: () => void,
): SVGPathElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", picture);
  svg.append(path);
  button.type = "button";
  button.className = className;
  button.onclick = onClick;
  button.append(svg);
  return path;
}
