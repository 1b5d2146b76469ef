/**
 * The whole view: draws the state, hands what the visitor does to the client.
 *
 * @module
 */
import type { FileInfo } from "../../web/protocol.ts";
import type { ChatClient } from "../chat_client.ts";
import type { Draft, DraftContent } from "../draft.ts";
import type { ChatEvent } from "../state.ts";
import type { StoredMessage } from "../timeline.ts";
import type { FileTransfer } from "../upload.ts";
import { Announcer } from "./announcer.ts";
import { Composer, type ComposerMode } from "./composer.ts";
import { confirmed } from "./confirmation.ts";
import type { ViewContext } from "./context.ts";
import { byId, element, setText } from "./dom.ts";
import { EmptyState } from "./empty_state.ts";
import { fileElement } from "./file_view.ts";
import { FootNotes } from "./foot_notes.ts";
import type { Header } from "./header.ts";
import { icon } from "./icons.ts";
import { MessageList } from "./message_list.ts";
import { rowsOf } from "./rows.ts";
import { reducedMotion, Scroller } from "./scroller.ts";
import type { Sound } from "./sound.ts";
import { StatusBar, statusOf } from "./status_bar.ts";
import { authorName, isolated, quotedLine } from "./words.ts";

/** What the view is made from. */
export interface ChatViewOptions {
  readonly client: ChatClient;
  readonly context: ViewContext;
  readonly transfer: FileTransfer;
  readonly header: Header;
  readonly sound: Sound;
  readonly greeting: string;
  /** Whether the visitor looks at the chat right now. */
  readonly watching: () => boolean;
  /** Keeps the unsent text over a reload. */
  readonly draft: Pick<Draft, "keep">;
}

/** How often to look whether a wait deserves a word, while something is wrong. */
const TROUBLE_TICK_MS = 1_000;

/** The page's view on the chat. */
export class ChatView {
  readonly #options: ChatViewOptions;
  readonly #list: MessageList;
  readonly #scroller: Scroller;
  readonly #composer: Composer;
  readonly #status: StatusBar;
  readonly #announcer: Announcer;
  readonly #empty: EmptyState;
  readonly #foot: FootNotes;
  readonly #top = byId("top", HTMLElement);
  readonly #toEnd: HTMLButtonElement;
  readonly #toEndCount = element("span", { class: "count" });
  #drawing = false;
  /** Where the line above unread messages is drawn; set when they came while nobody looked. */
  #unreadAfter: number | null = null;
  #troubleSince: number | null = null;
  #started = false;
  #wasOpen = false;
  /** Whose files may have been loaded. */
  #uid: string | null = null;

  constructor(options: ChatViewOptions) {
    const { client, context, transfer, greeting, draft } = options;
    const { strings } = context;
    this.#options = options;
    const box = byId("log", HTMLElement);
    box.setAttribute("aria-label", strings.conversation);
    this.#announcer = new Announcer(byId("announcer", HTMLElement), byId("toast", HTMLElement), context);
    this.#composer = new Composer(context, transfer, {
      send: (content, files, mode) => this.#send(content, files, mode),
      typing: () => client.typing(),
      draft: (content) => draft.keep(content),
      complain: (words) => this.#announcer.complain(words),
    });
    this.#list = new MessageList(byId("messages", HTMLElement), context, {
      retry: (cid) => client.retry(cid),
      discard: (cid) => client.discard(cid),
      retryChange: (seq) => client.retryChange(seq),
      discardChange: (seq) => client.discardChange(seq),
      reply: (seq) => this.#reply(seq),
      edit: (seq) => this.#edit(seq),
      remove: (seq) => void this.#remove(seq),
      show: (seq) => this.#show(seq),
      file: (file) => fileElement(file, transfer, context),
    });
    this.#scroller = new Scroller(box, byId("content", HTMLElement), {
      atEnd: () => this.looked(),
      nearTop: () => {
        if (this.#started) client.loadOlder();
      },
    });
    this.#toEnd = byId("to-end", HTMLButtonElement);
    this.#toEnd.append(icon("down"), this.#toEndCount);
    this.#toEnd.addEventListener("click", () => {
      this.#scroller.toEnd(true);
      this.#composer.focus();
    });
    this.#status = new StatusBar(byId("status", HTMLElement), () => client.wake());
    this.#empty = new EmptyState(greeting, context);
    this.#foot = new FootNotes(context);
    client.subscribe(() => this.#schedule());
    client.listen((event) => this.#happened(event));
  }

  /**
   * Lets the visitor write, now that it is known who they are.
   *
   * @param left What they left unsent on an earlier page; the files among it have to be chosen again.
   */
  open({ text, files }: DraftContent): void {
    const { context, draft } = this.#options;
    this.#composer.restore(text);
    this.#composer.open();
    if (files.length === 0) return;
    this.#announcer.complain(context.strings.filesLost(files.map(isolated).join(", ")));
    // Said once.
    draft.keep({ text, files: [] });
  }

  /** Puts the cursor where one writes. */
  focus(): void {
    this.#composer.focus();
  }

  /** Another visitor, or nobody yet: what the last one was writing goes, too. */
  startOver(): void {
    this.#unreadAfter = null;
    this.#composer.clear();
  }

  /** Escape in the page: ends a reply or an edit. Returns whether it did. */
  escape(): boolean {
    return this.#composer.escape();
  }

  /** The visitor may be looking now: what is on the screen has been seen. */
  looked(): void {
    const { client, watching } = this.#options;
    if (watching() && this.#scroller.atEnd) client.markRead();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    // A hidden page gets no animation frames, but its title and badge must be right.
    const draw = (): void => {
      this.#drawing = false;
      this.#draw();
    };
    if (document.visibilityState === "hidden") setTimeout(draw, 0);
    else requestAnimationFrame(draw);
  }

  #draw(): void {
    const { client, context, header, transfer, watching } = this.#options;
    if (watching() && this.#scroller.atEnd) client.markRead();
    const { state } = client;
    const { strings, formats } = context;
    const first = !this.#started && state.uid !== null;
    this.#started ||= state.uid !== null;
    if (this.#uid !== state.uid) transfer.forget();
    this.#uid = state.uid;
    header.show(state);
    this.#announcer.retract(state.messages);
    this.#status.show(statusOf(state, this.#troubleMs(), context), context);
    this.#composer.limits = state.limits;
    this.#composer.enabled = state.connection.status !== "stopped";
    const isOpen = state.connection.status === "open";
    if (isOpen !== this.#wasOpen) this.#composer.connected = isOpen;
    this.#wasOpen = isOpen;
    this.#scroller.keepPlace(() => {
      this.#empty.show(state);
      this.#list.show(rowsOf(state, this.#unreadAfter));
      this.#foot.show(state);
      const top = state.loadingOlder
        ? strings.loadingOlder
        : state.more || !this.#started
        ? ""
        : strings.beginning;
      setText(this.#top, state.messages.length === 0 ? "" : top);
    });
    if (first) this.#scroller.toEnd();
    const hidden = this.#scroller.atEnd || state.messages.length === 0;
    this.#toEnd.classList.toggle("shown", !hidden);
    this.#toEnd.tabIndex = hidden ? -1 : 0;
    setText(this.#toEndCount, state.unread > 0 ? formats.number(state.unread) : "");
    const label = state.unread > 0
      ? `${strings.newMessages}: ${formats.number(state.unread)}`
      : strings.toLatest;
    this.#toEnd.setAttribute("aria-label", label);
  }

  /** For how long something has been wrong; while it is, the view looks again. */
  #troubleMs(): number {
    const { client, context } = this.#options;
    const { connection, pausedUntil } = client.state;
    const now = context.now();
    if (connection.status === "open" || connection.status === "stopped") {
      this.#troubleSince = null;
      if (pausedUntil > now) setTimeout(() => this.#schedule(), TROUBLE_TICK_MS);
      return 0;
    }
    this.#troubleSince ??= now;
    setTimeout(() => this.#schedule(), TROUBLE_TICK_MS);
    return now - this.#troubleSince;
  }

  #happened(event: ChatEvent): void {
    const { client, context, sound, watching } = this.#options;
    const { strings, formats } = context;
    if (event.type === "failed") this.#announcer.say(strings.notSent);
    if (event.type === "changeFailed") {
      this.#announcer.say(event.change === "edit" ? strings.notChanged : strings.notRemoved);
    }
    if (event.type === "error") {
      const words: Readonly<Record<string, string>> = strings.errors;
      const wait = event.retryAfterMs === undefined
        ? ""
        : ` ${strings.tryAgainIn(formats.wait(event.retryAfterMs))}`;
      this.#announcer.complain(`${words[event.code] ?? strings.errors.other}${wait}`);
    }
    if (event.type !== "received") return;
    const others = event.messages.filter((message) => message.from !== "visitor");
    const last = others.at(-1);
    if (last === undefined) return;
    this.#announcer.received(others);
    const { uid } = client.state;
    if (uid !== null) {
      if (watching()) sound.lookedAt(uid, last.seq);
      else void sound.received(uid, last.seq);
    }
    if (watching() && this.#scroller.atEnd) return;
    // A line marks where reading goes on; it stays until the next time away.
    if (client.state.unread <= others.length) this.#unreadAfter = client.state.seen;
  }

  #send(content: string, files: readonly FileInfo[], mode: ComposerMode): void {
    const { client } = this.#options;
    if (mode.type === "edit") return client.edit(mode.seq, content);
    client.send(content, {
      ...(mode.type === "reply" ? { replyTo: mode.seq } : {}),
      ...(files.length > 0 ? { files } : {}),
    });
    this.#unreadAfter = null;
    this.#scroller.toEnd();
  }

  #reply(seq: number): void {
    const message = this.#find(seq);
    if (message === undefined) return;
    const { context } = this.#options;
    const author = authorName(message.from, message.author?.name, context);
    this.#composer.setMode({ type: "reply", seq, author, line: quotedLine(message, context) });
  }

  #edit(seq: number): void {
    const message = this.#find(seq);
    if (message === undefined) return;
    // Whoever changes what they have just changed goes on from there.
    const change = this.#options.client.state.changes.findLast(({ frame }) => frame.seq === seq)?.frame;
    this.#composer.setMode(
      { type: "edit", seq, line: quotedLine(message, this.#options.context) },
      change?.type === "edit" ? change.content : message.content,
    );
  }

  async #remove(seq: number): Promise<void> {
    const { client, context } = this.#options;
    const { removeSure, remove, cancel } = context.strings;
    if (await confirmed({ text: removeSure, yes: remove, no: cancel })) client.delete(seq);
  }

  #show(seq: number): void {
    const row = this.#list.find(seq);
    if (row === null) return;
    row.scrollIntoView({ block: "center", behavior: reducedMotion() ? "instant" : "smooth" });
    row.classList.add("pointed");
    setTimeout(() => row.classList.remove("pointed"), 1_600);
  }

  #find(seq: number): StoredMessage | undefined {
    return this.#options.client.state.messages.find((message) => message.seq === seq);
  }
}
