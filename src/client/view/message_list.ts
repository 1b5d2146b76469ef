/**
 * The list of messages: only what changed is made anew.
 *
 * @module
 */
import type { ViewContext } from "./context.ts";
import { element } from "./dom.ts";
import { type MessageActions, messageElement } from "./message_row.ts";
import type { Row } from "./rows.ts";

/** A row on the page and what it was made from. */
interface Shown {
  readonly element: HTMLElement;
  readonly signature: string;
}

/** The rows on the page. */
export class MessageList {
  readonly #list: HTMLElement;
  readonly #context: ViewContext;
  readonly #actions: MessageActions;
  #shown = new Map<string, Shown>();
  #today = "";

  /**
   * @param list The list element.
   * @param context Language and formats.
   * @param actions What the buttons of a message do.
   */
  constructor(list: HTMLElement, context: ViewContext, actions: MessageActions) {
    this.#list = list;
    this.#context = context;
    this.#actions = actions;
    list.addEventListener("click", ({ target }) => {
      if (target instanceof Element) this.#touch(target.closest(".message"));
    });
  }

  /** Shows these rows. */
  show(rows: readonly Row[]): void {
    const today = new Date(this.#context.now()).toDateString();
    // After midnight, "today" is another day.
    if (today !== this.#today) {
      for (const [key, { element }] of this.#shown) {
        if (!key.startsWith("day-")) continue;
        element.remove();
        this.#shown.delete(key);
      }
    }
    this.#today = today;
    const entering = this.#shown.size > 0;
    const next = new Map<string, Shown>();
    let place: Element | null = this.#list.firstElementChild;
    for (const row of rows) {
      const before = this.#shown.get(row.key)?.element;
      const shown = this.#made(row, entering);
      next.set(row.key, shown);
      if (before === place && before !== undefined) place = shown.element;
      if (shown.element === place) place = place.nextElementSibling;
      else this.#list.insertBefore(shown.element, place);
    }
    for (const [key, { element }] of this.#shown) {
      if (!next.has(key)) element.remove();
    }
    this.#shown = next;
  }

  /** The element of a message, if it is on the page. */
  find(seq: number): HTMLElement | null {
    return this.#list.querySelector(`[data-seq="${seq}"]`);
  }

  /** Not by hovering: what opens or closes while a finger is coming down would move another button under it. */
  #touch(message: Element | null): void {
    for (const other of this.#list.querySelectorAll(".touched")) other.classList.remove("touched");
    message?.classList.add("touched");
  }

  #made(row: Row, entering: boolean): Shown {
    const known = this.#shown.get(row.key);
    const signature = JSON.stringify(row);
    if (known?.signature === signature) return known;
    const made = this.#make(row);
    made.dataset["key"] = row.key;
    if (row.kind === "message" && row.seq !== null) made.dataset["seq"] = String(row.seq);
    if (known === undefined) {
      if (entering) made.classList.add("entering");
    } else {
      // In its place, so that the focus of the other rows and the reader's place stay.
      const focused = known.element.contains(document.activeElement);
      known.element.replaceWith(made);
      made.classList.toggle("touched", known.element.classList.contains("touched"));
      if (focused) made.querySelector<HTMLElement>("button, a")?.focus({ preventScroll: true });
    }
    return { element: made, signature };
  }

  #make(row: Row): HTMLElement {
    const { formats, strings, now } = this.#context;
    switch (row.kind) {
      case "day":
        return element("li", { class: "day" }, element("span", {}, formats.day(row.at, now())));
      case "unread":
        return element("li", { class: "unread-line" }, element("span", {}, strings.newMessages));
      case "message":
        return messageElement(row, this.#context, this.#actions);
    }
  }
}
