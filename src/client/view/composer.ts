/**
 * Where the visitor writes.
 *
 * @module
 */
import { countCodePoints, trimMessage } from "../code_points.ts";
import type { FileInfo, Limits } from "../../web/protocol.ts";
import { isComposing } from "../composing.ts";
import type { DraftContent } from "../draft.ts";
import type { FileTransfer } from "../upload.ts";
import { Attachments } from "./attachments.ts";
import type { ViewContext } from "./context.ts";
import { byId, element, iconButton, setAttribute, setText } from "./dom.ts";
import { takeFiles } from "./file_drop.ts";
import { icon } from "./icons.ts";
import { isolated } from "./words.ts";

/** What the composer tells the page. */
export interface ComposerEvents {
  readonly send: (content: string, files: readonly FileInfo[], mode: ComposerMode) => void;
  readonly typing: () => void;
  /** The text or its files changed; they are worth keeping over a reload. */
  readonly draft: (content: DraftContent) => void;
  readonly complain: (words: string) => void;
}

/** What the text will become. */
export type ComposerMode =
  | { readonly type: "new" }
  | { readonly type: "reply"; readonly seq: number; readonly author: string; readonly line: string }
  | { readonly type: "edit"; readonly seq: number; readonly line: string };

/** The counter appears when this few characters are left. */
const COUNTER_FROM = 200;

const NOTHING_ASIDE = { text: "", mode: { type: "new" } } as const;

/** The text field with all around it. */
export class Composer {
  readonly #context: ViewContext;
  readonly #events: ComposerEvents;
  readonly #form = byId("composer", HTMLFormElement);
  readonly #text = byId("text", HTMLTextAreaElement);
  readonly #counter = byId("counter", HTMLElement);
  readonly #modeBar = byId("mode", HTMLElement);
  readonly #send: HTMLButtonElement;
  readonly #attach: HTMLButtonElement;
  readonly #attachments: Attachments;
  #mode: ComposerMode = { type: "new" };
  /** What was being written before an edit began, and comes back after it. Its files stay in their row, unseen. */
  #aside: { readonly text: string; readonly mode: ComposerMode } = NOTHING_ASIDE;
  #limits: Limits = { content: Infinity, files: 0, fileBytes: 0 };

  constructor(context: ViewContext, transfer: FileTransfer, events: ComposerEvents) {
    const { strings } = context;
    this.#context = context;
    this.#events = events;
    this.#attachments = new Attachments(byId("attachments", HTMLElement), transfer, context, {
      changed: () => {
        this.#update();
        this.#keepDraft();
      },
      complain: events.complain,
    });
    this.#text.placeholder = strings.placeholder;
    this.#text.setAttribute("aria-label", strings.message);
    this.#send = element("button", {
      class: "send",
      attributes: { type: "submit", "aria-label": strings.send, title: strings.send },
    }, icon("send"));
    const input = element("input", {
      attributes: { type: "file", multiple: true, hidden: true, tabindex: -1 },
    });
    this.#attach = iconButton(icon("attach"), strings.attach, () => input.click(), "attach");
    this.#attach.hidden = true;
    const field = byId("field", HTMLElement);
    field.prepend(this.#attach);
    field.append(input, this.#send);
    takeFiles(
      input,
      this.#text,
      strings.drop,
      (files) => this.#edits ? events.complain(strings.editing) : this.#attachments.add(files),
      () => this.#limits.files > 0,
    );
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener("keydown", (event) => this.#keyPressed(event));
    this.#text.addEventListener("input", () => {
      this.#update();
      if (this.#text.value !== "") events.typing();
      this.#keepDraft();
    });
    this.#update();
  }

  /** What the server accepts; files appear only when it takes any. */
  set limits(limits: Limits) {
    if (limits === this.#limits) return;
    this.#limits = limits;
    this.#attachments.limits = limits;
    this.#update();
  }

  /** Whether anything can be written. */
  set enabled(enabled: boolean) {
    this.#text.disabled = !enabled;
    this.#update();
  }

  /** Lets the visitor write: it is known who they are. Until then nothing typed could be kept for the right one. */
  open(): void {
    this.#text.readOnly = false;
    this.#update();
  }

  /** Whether there is a connection; files wait for it. */
  set connected(connected: boolean) {
    this.#attachments.connected = connected;
  }

  /** Puts a kept text back. */
  restore(text: string): void {
    if (this.#text.value !== "") return;
    this.#text.value = text;
    this.#update();
  }

  /** Forgets what was being written. */
  clear(): void {
    this.#aside = NOTHING_ASIDE;
    this.#text.value = "";
    this.#attachments.clear();
    this.#showMode({ type: "new" });
    this.#keepDraft();
  }

  /** Puts the cursor into the field. */
  focus(): void {
    this.#text.focus({ preventScroll: true });
  }

  /** Begins a reply or an edit, or ends it. */
  setMode(mode: ComposerMode, text?: string): void {
    let next = mode;
    if (this.#mode.type === "edit" && mode.type !== "edit") {
      this.#text.value = this.#aside.text;
      if (mode.type === "new") next = this.#aside.mode;
    }
    if (mode.type === "edit" && this.#mode.type !== "edit") {
      this.#aside = { text: this.#text.value, mode: this.#mode };
    }
    if (text !== undefined) this.#text.value = text;
    this.#showMode(next);
    this.focus();
  }

  /** Files go with a new message; an edit changes the text alone. */
  get #edits(): boolean {
    return this.#mode.type === "edit";
  }

  #showMode(mode: ComposerMode): void {
    const { strings } = this.#context;
    this.#mode = mode;
    const label = mode.type === "edit" ? strings.save : strings.send;
    setAttribute(this.#send, "aria-label", label);
    setAttribute(this.#send, "title", label);
    this.#modeBar.hidden = mode.type === "new";
    this.#modeBar.replaceChildren();
    if (mode.type !== "new") {
      const title = mode.type === "reply" ? strings.replyingTo(isolated(mode.author)) : strings.editing;
      this.#modeBar.append(
        element(
          "div",
          { class: "mode-text" },
          element("span", { class: "quote-author" }, title),
          element("span", { class: "quote-text" }, element("bdi", {}, mode.line)),
        ),
        iconButton(icon("close"), strings.cancel, () => this.setMode({ type: "new" }), "small"),
      );
    }
    this.#update();
  }

  /** Ends a reply or an edit; false when there was none, and Escape means something else. */
  escape(): boolean {
    if (this.#mode.type === "new") return false;
    this.setMode({ type: "new" });
    return true;
  }

  #keyPressed(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    this.#submit();
  }

  #submit(): void {
    if (this.#send.disabled) {
      // The counter is silent while one writes.
      if (this.#text.ariaInvalid === "true") this.#events.complain(this.#counter.innerText);
      else if (!this.#edits && this.#attachments.unfinished) {
        this.#events.complain(this.#context.strings.filesFirst);
      }
      return;
    }
    const content = trimMessage(this.#text.value);
    const mode = this.#mode;
    const files = mode.type === "edit" ? [] : this.#attachments.files;
    this.#text.value = "";
    if (mode.type !== "edit") this.#attachments.clear();
    if (mode.type === "new") this.#update();
    else this.setMode({ type: "new" });
    this.#events.send(content, files, mode);
    this.#keepDraft();
    this.focus();
  }

  /** What is kept is what was being written before an edit, not the edit. */
  #keepDraft(): void {
    const text = this.#edits ? this.#aside.text : this.#text.value;
    this.#events.draft({ text, files: this.#attachments.names });
  }

  #update(): void {
    const { strings, formats } = this.#context;
    const content = trimMessage(this.#text.value);
    const left = this.#limits.content - countCodePoints(content);
    this.#counter.hidden = left > COUNTER_FROM;
    this.#counter.classList.toggle("over", left < 0);
    if (left <= COUNTER_FROM) {
      const number = formats.number(Math.abs(left));
      setText(this.#counter, left < 0 ? strings.tooLong(number) : strings.left(number));
    }
    // An empty field follows the page, so that the placeholder does.
    setAttribute(this.#text, "dir", this.#text.value === "" ? null : "auto");
    setAttribute(this.#text, "aria-invalid", left < 0 ? "true" : null);
    this.#attach.hidden = this.#edits || this.#limits.files === 0;
    this.#attachments.shown = !this.#edits;
    const { files, unfinished } = this.#attachments;
    const lacks = this.#edits ? content === "" : unfinished || (content === "" && files.length === 0);
    this.#send.disabled = this.#text.disabled || this.#text.readOnly || lacks || left < 0;
    this.#grow();
  }

  #grow(): void {
    this.#text.style.blockSize = "auto";
    // The border isn't part of the scroll height.
    this.#text.style.blockSize = `${this.#text.scrollHeight}px`;
  }
}
