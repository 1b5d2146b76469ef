/**
 * One message as elements.
 *
 * @module
 */
import type { ErrorCode, FileInfo } from "../../web/protocol.ts";
import { avatar } from "./avatar.ts";
import type { ViewContext } from "./context.ts";
import { type Child, element, iconButton, spoken } from "./dom.ts";
import { icon, type IconName } from "./icons.ts";
import { markupContent, plainContent } from "./markup.ts";
import type { MessageRow, Progress, Quote } from "./rows.ts";
import { authorName, quotedLine } from "./words.ts";

/** What the reader can do with a message. */
export interface MessageActions {
  readonly retry: (cid: string) => void;
  readonly discard: (cid: string) => void;
  /** Asks again for a change that was refused, or gives it up. */
  readonly retryChange: (seq: number) => void;
  readonly discardChange: (seq: number) => void;
  readonly reply: (seq: number) => void;
  readonly edit: (seq: number) => void;
  readonly remove: (seq: number) => void;
  /** Shows the message that a quote quotes. */
  readonly show: (seq: number) => void;
  /** Shows a file. */
  readonly file: (file: FileInfo) => HTMLElement;
}

const PROGRESS_ICONS: Readonly<Record<Progress, IconName>> = {
  queued: "queued",
  sending: "queued",
  sent: "sent",
  delivered: "delivered",
  read: "read",
  refused: "alert",
  undelivered: "alert",
};

/**
 * Makes the element of a message.
 *
 * @param row The message.
 * @param context Language and formats.
 * @param actions What its buttons do.
 * @returns A list item.
 */
export function messageElement(
  row: MessageRow,
  context: ViewContext,
  actions: MessageActions,
): HTMLLIElement {
  const failed = row.progress === "refused" || row.progress === "undelivered";
  const classes = ["message", `from-${row.from}`];
  if (row.first) classes.push("first");
  if (row.last) classes.push("last");
  if (failed) classes.push("failed");
  if (row.progress === "queued") classes.push("queued");
  if (row.deleted) classes.push("deleted");
  if (row.change?.type === "delete" && row.change.refused === null) classes.push("leaving");
  return element(
    "li",
    { class: classes.join(" ") },
    row.from === "agent"
      ? (row.last ? avatar(row.author, row.avatar) : element("div", { class: "avatar-gap" }))
      : null,
    element(
      "div",
      { class: "message-body" },
      authorLine(row, context),
      element(
        "div",
        { class: "bubble-line" },
        bubble(row, context, actions),
        row.seq === null || row.deleted || row.from === "system"
          ? null
          : tools(row, row.seq, context, actions),
      ),
      failed ? failureLine(row, context, actions) : null,
      changeFailureLine(row, context, actions),
      row.meta && !failed ? metaLine(row, context) : null,
    ),
  );
}

function authorLine(row: MessageRow, context: ViewContext): Child {
  const name = authorName(row.from, row.author, context);
  if (row.from === "agent" && row.first) {
    return element("p", { class: "author" }, element("bdi", {}, name));
  }
  return spoken(`${name}:`);
}

function bubble(row: MessageRow, context: ViewContext, actions: MessageActions): HTMLElement {
  if (row.deleted) return element("div", { class: "bubble" }, context.strings.deleted);
  const content = row.content === "" && row.nodes === undefined ? null : element(
    "div",
    { class: row.nodes === undefined ? "content plain" : "content", attributes: { dir: "auto" } },
    ...(row.nodes === undefined ? plainContent(row.content) : markupContent(row.nodes, context)),
  );
  return element(
    "div",
    { class: "bubble" },
    row.quote === null ? null : quoteElement(row.quote, context, actions),
    content,
    ...row.files.map((file) => actions.file(file)),
  );
}

/** The quoted line of a reply; clicking shows the whole. */
function quoteElement(quote: Quote, context: ViewContext, actions: MessageActions): HTMLElement {
  const { message } = quote;
  return element(
    "button",
    { class: "quote", attributes: { type: "button" }, on: { click: () => actions.show(quote.seq) } },
    ...(message === null ? [element("span", { class: "quote-text" }, context.strings.notLoaded)] : [
      element(
        "span",
        { class: "quote-author" },
        element("bdi", {}, authorName(message.from, message.author?.name, context)),
      ),
      element("span", { class: "quote-text" }, element("bdi", {}, quotedLine(message, context))),
    ]),
  );
}

function metaLine(row: MessageRow, context: ViewContext): HTMLElement {
  const { strings, formats } = context;
  return element(
    "p",
    { class: "meta" },
    element(
      "time",
      { attributes: { datetime: new Date(row.at).toISOString(), title: formats.full(row.at) } },
      formats.time(row.at),
    ),
    row.edited ? element("span", { class: "edited" }, strings.edited) : null,
    row.progress === null ? null : element(
      "span",
      {
        class: `progress progress-${row.progress}`,
        attributes: { title: progressWords(row.progress, context) },
      },
      icon(PROGRESS_ICONS[row.progress]),
      spoken(progressWords(row.progress, context)),
    ),
  );
}

function failureLine(row: MessageRow, context: ViewContext, actions: MessageActions): HTMLElement {
  const { strings } = context;
  const { cid } = row;
  const reason = row.progress === "undelivered" ? row.failure : refusalWords(row.failure, context);
  return element(
    "p",
    { class: "failure" },
    icon("alert"),
    element("span", {}, `${row.progress === "undelivered" ? strings.notDelivered : strings.notSent}. `),
    element("span", { attributes: { dir: "auto" } }, reason ?? ""),
    cid === null ? null : failureActions(context, () => actions.retry(cid), () => actions.discard(cid)),
  );
}

function failureActions({ strings }: ViewContext, retry: () => void, discard: () => void): HTMLElement {
  return element(
    "span",
    { class: "failure-actions" },
    textButton(strings.retry, retry),
    textButton(strings.discard, discard),
  );
}

/** The message stays as it was; what was wanted can be asked for again. */
function changeFailureLine(row: MessageRow, context: ViewContext, actions: MessageActions): Child {
  const { seq, change } = row;
  if (seq === null || change === null || change.refused === null) return null;
  const { strings } = context;
  const what = change.type === "edit" ? strings.notChanged : strings.notRemoved;
  return element(
    "p",
    { class: "failure" },
    icon("alert"),
    element("span", {}, `${what}. ${refusalWords(change.refused, context)}`),
    failureActions(context, () => actions.retryChange(seq), () => actions.discardChange(seq)),
  );
}

function refusalWords(code: string | null, { strings }: ViewContext): string {
  const words: Partial<Record<ErrorCode, string>> = strings.errors;
  return words[code as ErrorCode] ?? strings.errors.other;
}

function progressWords(progress: Progress, { strings }: ViewContext): string {
  if (progress === "refused") return strings.notSent;
  return progress === "undelivered" ? strings.notDelivered : strings[progress];
}

/** What can be done with a message; shown on hover and focus. */
function tools(row: MessageRow, seq: number, context: ViewContext, actions: MessageActions): HTMLElement {
  const { strings } = context;
  const mine = row.from === "visitor";
  const buttons = element(
    "div",
    { class: "tools" },
    iconButton(icon("reply"), strings.reply, () => actions.reply(seq), "small"),
    mine ? iconButton(icon("edit"), strings.edit, () => actions.edit(seq), "small") : null,
    mine ? iconButton(icon("remove"), strings.remove, () => actions.remove(seq), "small") : null,
  );
  return element("div", { class: "tools-place" }, buttons);
}

function textButton(label: string, onClick: () => void): HTMLButtonElement {
  return element(
    "button",
    { class: "text-button", attributes: { type: "button" }, on: { click: onClick } },
    label,
  );
}
