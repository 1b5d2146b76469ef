/**
 * The chat without its looks: connection, outbox and conversation together. Runs in browsers and in Deno.
 *
 * @module
 */
import type { ServerFrame, WelcomeFrame } from "../web/protocol.ts";
import { Belonging } from "./belonging.ts";
import { Changes } from "./changes.ts";
import { ChangesStorage } from "./changes_storage.ts";
import type { ChatClientOptions, SendOptions } from "./chat_options.ts";
import { Connection } from "./connection.ts";
import { Conversation } from "./conversation.ts";
import { echoesOf } from "./echoes.ts";
import { helloFrame } from "./hello.ts";
import type { VisitorIdentity } from "./identity.ts";
import { Listeners } from "./listeners.ts";
import { OlderPages } from "./older_pages.ts";
import { DEFAULT_PAUSE_MS, isPassing, Outbox } from "./outbox.ts";
import { OutboxStorage } from "./outbox_storage.ts";
import { Pause } from "./pause.ts";
import type { Clock, KeyValueStorage, Random } from "./ports.ts";
import { SeenStore } from "./seen_store.ts";
import { SessionStore } from "./session_store.ts";
import { SignalPace } from "./signal_pace.ts";
import type { ChatEvent, ChatState } from "./state.ts";
import { TabLife } from "./tab_life.ts";
import { openWebSocket, systemClock, systemRandom } from "./system_ports.ts";

type ErrorFrame = Extract<ServerFrame, { readonly type: "error" }>;

/** How many older messages to ask for at once. */
const HISTORY_PAGE = 50;
export type { ChatClientOptions, SendOptions } from "./chat_options.ts";

/** A visitor's chat. Make it, `subscribe`, `start`. */
export class ChatClient {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #storage: KeyValueStorage;
  readonly #session: SessionStore;
  readonly #seen: SeenStore;
  readonly #connection: Connection;
  readonly #pause: Pause;
  readonly #outbox: Outbox;
  readonly #edits: Changes;
  readonly #older: OlderPages;
  readonly #belonging: Belonging;
  readonly #conversation = new Conversation();
  readonly #pace: SignalPace;
  readonly #changes = new Listeners<void>();
  readonly #events = new Listeners<ChatEvent>();
  #state: ChatState | null = null;
  /** Waiting messages whose stored twin is shown already. */
  #echoes = new Set<string>();
  #stopWatching: () => void = () => {};

  /** Makes a client that does nothing until `start`. */
  constructor(options: ChatClientOptions) {
    const { storage, prefix = "chatbox50", clock = systemClock, random = systemRandom } = options;
    this.#clock = clock;
    this.#random = random;
    this.#storage = storage;
    this.#session = new SessionStore(storage, prefix);
    this.#seen = new SeenStore(storage, prefix);
    this.#pause = new Pause(clock, () => {
      this.#belonging.resume();
      this.#outbox.flush();
      this.#edits.flush();
      this.#changed();
    });
    const life = new TabLife(storage, clock, prefix, options.tab ?? random.id());
    this.#outbox = new Outbox({
      storage: new OutboxStorage(storage, prefix, life),
      clock,
      pause: this.#pause,
      transmit: ({ cid, content, replyTo, files }) => {
        // The last moment to notice that another tab got a session of its own.
        if (this.#belonging.rejoinIfOvertaken()) return false;
        return this.#connection.send({
          type: "send",
          cid,
          content,
          ...(replyTo === undefined ? {} : { replyTo }),
          ...(files === undefined ? {} : { files: files.map((file) => file.id) }),
        });
      },
      onChange: () => this.#changed(),
      maxInFlight: options.maxInFlight ?? 8,
    });
    this.#edits = new Changes({
      storage: new ChangesStorage(storage, prefix, life),
      clock,
      pause: this.#pause,
      transmit: (frame) => this.#connection.send(frame),
      onChange: () => this.#changed(),
    });
    this.#older = new OlderPages({
      clock,
      timeline: this.#conversation.timeline,
      send: (frame) => this.#connection.send(frame),
      onChange: () => this.#changed(),
    });
    this.#connection = new Connection({
      url: options.url,
      connect: options.connect ?? openWebSocket,
      clock,
      random,
      hello: () =>
        helloFrame(
          this.#session.offer(),
          this.#conversation.rev,
          options.page?.(),
          options.locale,
          this.#belonging.identity,
        ),
      onFrame: (frame) => this.#received(frame),
      onState: ({ status }) => {
        if (status !== "open") this.#disconnected();
        this.#changed();
      },
      visible: options.visible ?? ((): boolean => true),
      probeIntervalMs: options.probeIntervalMs ?? 45_000,
    });
    this.#belonging = new Belonging({
      session: this.#session,
      seen: this.#seen,
      outbox: this.#outbox,
      edits: this.#edits,
      conversation: this.#conversation,
      connection: this.#connection,
    });
    this.#pace = new SignalPace(clock, (frame) => this.#connection.send(frame), () => {
      this.#conversation.typing = null;
      this.#changed();
    });
  }

  /** The present state. The same object until something changes. */
  get state(): ChatState {
    this.#state ??= this.#snapshot();
    return this.#state;
  }

  /** The session for `Authorization: Bearer`, null before the first welcome. Never put it into a URL. */
  get session(): string | null {
    return this.#session.current;
  }

  /** Calls `listener` after each change of {@link state}. Returns how to stop. */
  subscribe(listener: () => void): () => void {
    return this.#changes.add(listener);
  }

  /** Calls `listener` for each {@link ChatEvent}. Returns how to stop. */
  listen(listener: (event: ChatEvent) => void): () => void {
    return this.#events.add(listener);
  }

  /** Connects, and takes over what a previous page left unsent. After a stop: connects again. */
  start(): void {
    this.#stopWatching();
    this.#stopWatching = this.#storage.subscribe((key) => this.#storageChanged(key));
    this.#outbox.reclaim();
    this.#connection.start();
    this.#changed();
  }

  /** Disconnects. What is unsent stays in the storage for the next page. */
  stop(): void {
    this.#stopWatching();
    this.release();
    this.#connection.stop();
    this.#pace.stop();
    this.#pause.stop();
    this.#older.giveUp();
  }

  /** The page may be about to go (`pagehide`): another tab may take over what waits. {@link wake} takes it back. */
  release(): void {
    this.#outbox.stop();
    this.#edits.release();
  }

  /** The network or the visitor is back (`online`, focus, visible, `pageshow`): tries at once. */
  wake(): void {
    if (this.#connection.state.status === "idle") return;
    this.#outbox.reclaim();
    this.#edits.reclaim();
    this.#connection.wake();
  }

  /** The browser says that the network is gone (`offline`): looks whether that is so for the chat. */
  doubt(): void {
    this.#connection.doubt();
  }

  /**
   * Sends a message. It shows in `state.pending` until the server has stored it, across reloads if need be.
   *
   * @param content The text, as it shall be stored.
   * @param options A reply or files.
   * @returns The message's `cid`.
   */
  send(content: string, options: SendOptions = {}): string {
    const cid = this.#random.id();
    this.#outbox.add({ cid, content, at: this.#clock.now() + this.#conversation.clockOffsetMs, ...options });
    this.#pace.wrote();
    this.#changed();
    return cid;
  }

  /** Sends a refused message once more. */
  retry(cid: string): void {
    this.#outbox.retry(cid);
    this.#changed();
  }

  /** Gives a refused message up. One that isn't refused may have arrived already and can't be. */
  discard(cid: string): void {
    if (this.#outbox.get(cid)?.failed === undefined) return;
    this.#outbox.discard(cid);
    this.#changed();
  }

  /**
   * Changes a message of the visitor's own. The change shows in `state.changes` until the server has made it, after a
   * lost connection or a reload if need be.
   */
  edit(seq: number, content: string): void {
    this.#edits.discard(seq);
    const asked = this.#edits.items.some(({ frame }) => frame.seq === seq);
    // The server says nothing to a change that changes nothing.
    if (asked || this.#conversation.timeline.get(seq)?.content !== content) {
      this.#edits.add({ type: "edit", seq, content });
    }
    this.#changed();
  }

  /** Deletes a message of the visitor's own; see {@link edit}. */
  delete(seq: number): void {
    this.#edits.add({ type: "delete", seq });
    this.#changed();
  }

  /** Asks once more for a change that was refused. */
  retryChange(seq: number): void {
    this.#edits.retry(seq);
    this.#changed();
  }

  /** Gives a refused change up: the message stays as it is. */
  discardChange(seq: number): void {
    this.#edits.discard(seq);
    this.#changed();
  }

  /** The visitor pressed a key; staff is told now and then. */
  typing(): void {
    this.#pace.typing();
  }

  /** Everything up to `seq` was seen; without it, everything there is. */
  markRead(seq: number = this.#conversation.timeline.newest): void {
    if (!this.#sawUpTo(seq)) return;
    this.#pace.read(seq);
    this.#changed();
  }

  /** The visitor has read so far, here or in another browser; false when that is known. */
  #sawUpTo(seq: number): boolean {
    const { uid, seen } = this.#conversation;
    if (uid === null || seq <= seen) return false;
    this.#conversation.seen = seq;
    this.#seen.save(uid, seq);
    return true;
  }

  /** Asks for older messages, unless there are none or they are on their way. */
  loadOlder(limit: number = HISTORY_PAGE): void {
    if (this.#older.ask(limit)) this.#changed();
  }

  /**
   * Says who the visitor is. A token opens that visitor's own conversation, whatever was shown before; a name or an
   * address without one only goes along for staff to see.
   *
   * @param identity Who it is; null signs out: what was shown or unsent is forgotten, an empty chat follows. For a
   *   visitor who isn't signed in, null changes nothing.
   */
  identify(identity: VisitorIdentity | null): void {
    if (this.#belonging.identify(identity)) this.#changed();
  }

  /** Signs out, in all tabs: the session and what is unsent are forgotten, the next conversation is empty. */
  forget(): void {
    this.#belonging.forget();
    this.#changed();
  }

  #received(frame: ServerFrame): void {
    const conversation = this.#conversation;
    switch (frame.type) {
      case "welcome":
        return this.#welcomed(frame);
      case "acks":
        for (const ack of frame.acks) {
          const pending = this.#outbox.acknowledged(ack.cid);
          // An answer to a repetition; the first one has been dealt with.
          if (pending === undefined) continue;
          const message = conversation.acknowledged(ack, pending);
          this.#events.tell({ type: "acknowledged", message });
        }
        break;
      case "messages": {
        const added = conversation.messages(frame.messages, frame.rev);
        this.#edits.settle(frame.messages);
        this.#changed();
        if (added.length > 0) this.#events.tell({ type: "received", messages: added });
        return;
      }
      case "history":
        if (this.#belonging.asking) this.#belonging.accepted();
        else this.#older.take(frame.messages, frame.more);
        break;
      case "typing":
        conversation.typing = frame.name;
        this.#pace.heardTyping();
        break;
      case "delivered":
      case "read":
        conversation[frame.type] = Math.max(conversation[frame.type], frame.seq);
        break;
      case "seen":
        this.#sawUpTo(frame.seq);
        break;
      case "presence":
        conversation.agents = frame.agents;
        break;
      case "error":
        this.#refused(frame);
        break;
    }
    this.#changed();
  }

  #welcomed(frame: WelcomeFrame): void {
    if (this.#session.welcomed(frame.session) === "overtaken" || this.#session.parted()) {
      this.#belonging.rejoin();
      return this.#changed();
    }
    const conversation = this.#conversation;
    if (conversation.uid !== null && conversation.uid !== frame.uid) this.#edits.leave();
    const added = conversation.welcome(frame, this.#clock.now());
    const seen = this.#seen.load(frame.uid);
    // A conversation without a position was read elsewhere or before positions were kept.
    conversation.seen = Math.max(
      conversation.seen,
      seen ?? frame.seen ?? (added.length > 0 ? 0 : conversation.timeline.newest),
    );
    this.#echoes = echoesOf(this.#outbox.items, frame.messages);
    this.#edits.settle(frame.messages);
    this.#pace.opened(seen === null ? 0 : conversation.seen);
    this.#belonging.welcomed();
    this.#changed();
    if (added.length > 0) this.#events.tell({ type: "received", messages: added });
  }

  #refused({ code, message, cid, seq, retryAfterMs }: ErrorFrame): void {
    if (cid !== undefined) {
      this.#echoes.delete(cid);
      const failed = this.#outbox.refused(cid, code, message, retryAfterMs);
      if (failed) this.#events.tell({ type: "failed", cid, code, message });
      return;
    }
    if (this.#belonging.asking && code === "forbidden") {
      this.#belonging.refused();
      this.#events.tell({ type: "signInRefused" });
      return;
    }
    if (retryAfterMs !== undefined) this.#pause.extend(retryAfterMs);
    if (this.#belonging.asking && (isPassing(code) || code === "internal")) {
      if (!this.#pause.lasts) this.#pause.extend(DEFAULT_PAUSE_MS);
      this.#older.giveUp();
      return this.#belonging.putOff();
    }
    const change = this.#edits.refused(code, message, seq);
    if (change?.failed !== undefined) {
      const { type: asked, seq: about } = change.frame;
      this.#events.tell({ type: "changeFailed", change: asked, seq: about, code, message });
    }
    if (change !== null) return;
    // Nothing says which frame it was; a page of history that never comes must not block the next.
    this.#older.giveUp();
    this.#events.tell({
      type: "error",
      code,
      message,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }

  #disconnected(): void {
    this.#belonging.lost();
    this.#outbox.lost();
    this.#edits.lost();
    this.#echoes.clear();
    this.#conversation.typing = null;
    this.#older.giveUp();
  }

  #storageChanged(key: string | null): void {
    if (this.#session.concerns(key)) {
      if (this.#session.gone()) return this.forget();
      if (this.#connection.state.status === "open" && this.#belonging.rejoinIfOvertaken()) return;
    }
    const { uid } = this.#conversation;
    if (uid !== null && this.#seen.concerns(key)) {
      this.#conversation.seen = Math.max(this.#conversation.seen, this.#seen.load(uid) ?? 0);
      this.#changed();
    }
  }

  #changed(): void {
    this.#state = null;
    this.#changes.tell();
  }

  #snapshot(): ChatState {
    return {
      ...this.#conversation.view,
      connection: this.#connection.state,
      pending: this.#outbox.items.filter((item) => !this.#echoes.has(item.cid)),
      changes: this.#edits.items,
      pausedUntil: this.#pause.until,
      loadingOlder: this.#older.loading,
    };
  }
}
