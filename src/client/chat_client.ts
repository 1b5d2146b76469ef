/**
 * The chat without its looks: connection, outbox and conversation together. Runs in browsers and in Deno.
 *
 * @module
 */
import type { ClientFrame, ErrorCode, FileInfo, ServerFrame, WelcomeFrame } from "../web/protocol.ts";
import { Connection } from "./connection.ts";
import { Conversation } from "./conversation.ts";
import { echoesOf } from "./echoes.ts";
import { helloFrame, type PageInfo } from "./hello.ts";
import { ownerOf, type VisitorIdentity } from "./identity.ts";
import { Listeners } from "./listeners.ts";
import { Outbox } from "./outbox.ts";
import { OutboxStorage } from "./outbox_storage.ts";
import type { Clock, KeyValueStorage, Random, SocketFactory } from "./ports.ts";
import { SeenStore } from "./seen_store.ts";
import { SessionStore } from "./session_store.ts";
import { SignalPace } from "./signal_pace.ts";
import type { ChatEvent, ChatState } from "./state.ts";
import { openWebSocket, systemClock, systemRandom } from "./system_ports.ts";

/** How a {@link ChatClient} is made. */
export interface ChatClientOptions {
  /** The WebSocket's address, see `webSocketUrl`. */
  readonly url: string;
  /** What the visitor's tabs share. */
  readonly storage: KeyValueStorage;
  /** Opens sockets. Default: the real `WebSocket`. */
  readonly connect?: SocketFactory;
  /** Time. Default: the machine's. */
  readonly clock?: Clock;
  /** Ids and jitter. Default: `crypto` and `Math.random`. */
  readonly random?: Random;
  /** Where the visitor is, told to staff. Asked at each `hello`. */
  readonly page?: () => PageInfo;
  /** The visitor's language, e.g. `de-AT`. */
  readonly locale?: string;
  /** What the keys in the storage begin with. Default: `chatbox50`. */
  readonly prefix?: string;
  /** This tab's id, the same after a reload if possible. Without dots. Default: a random one. */
  readonly tab?: string;
  /** Whether anybody can see the page. Default: always. */
  readonly visible?: () => boolean;
  /** How long a visible page bears silence before it asks whether the server is there; 0: forever. Default: 45 s. */
  readonly probeIntervalMs?: number;
  /** Messages without an answer at once. More is faster; fewer keep their order when the server refuses one. Default: 8. */
  readonly maxInFlight?: number;
}

/** What may go along with a message. */
export interface SendOptions {
  /** The `seq` of the message that this one answers. */
  readonly replyTo?: number;
  /** Uploaded files. */
  readonly files?: readonly FileInfo[];
}

/** How many older messages to ask for at once. */
const HISTORY_PAGE = 50;
/** The page before the first message, which is always empty. */
const NOTHING_OLDER: ClientFrame = { type: "history", before: 1, limit: 1 };
/** After this long an answer to `history` doesn't come any more. */
const HISTORY_TIMEOUT_MS = 10_000;

/** A visitor's chat. Make it, `subscribe`, `start`. */
export class ChatClient {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #storage: KeyValueStorage;
  readonly #session: SessionStore;
  readonly #seen: SeenStore;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #conversation = new Conversation();
  readonly #pace: SignalPace;
  readonly #changes = new Listeners<void>();
  readonly #events = new Listeners<ChatEvent>();
  #state: ChatState | null = null;
  /** Waiting messages whose stored twin is shown already. */
  #echoes = new Set<string>();
  #loadingOlder = false;
  #identity: VisitorIdentity | null = null;
  /** Whether it is still open if the server accepts the token: it welcomes first and refuses afterwards. */
  #signingIn = false;
  #cancelLoading: () => void = () => {};
  #stopWatching: () => void = () => {};

  /** Makes a client that does nothing until `start`. */
  constructor(options: ChatClientOptions) {
    const { storage, prefix = "chatbox50", clock = systemClock, random = systemRandom } = options;
    this.#clock = clock;
    this.#random = random;
    this.#storage = storage;
    this.#session = new SessionStore(storage, prefix);
    this.#seen = new SeenStore(storage, prefix);
    this.#outbox = new Outbox({
      storage: new OutboxStorage(storage, clock, prefix, options.tab ?? random.id()),
      clock,
      transmit: ({ cid, content, replyTo, files }) => {
        // The last moment to notice that another tab got a session of its own.
        if (this.#rejoinIfOvertaken()) return false;
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
          this.#identity,
        ),
      onFrame: (frame) => this.#received(frame),
      onState: ({ status }) => {
        if (status !== "open") this.#disconnected();
        this.#changed();
      },
      visible: options.visible ?? ((): boolean => true),
      probeIntervalMs: options.probeIntervalMs ?? 45_000,
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
    this.#outbox.stop();
    this.#connection.stop();
    this.#pace.stop();
    this.#cancelLoading();
    this.#loadingOlder = false;
  }

  /** The page may be about to go (`pagehide`): another tab may take over what waits. {@link wake} takes it back. */
  release(): void {
    this.#outbox.stop();
  }

  /** The network or the visitor is back (`online`, focus, visible, `pageshow`): tries at once. */
  wake(): void {
    if (this.#connection.state.status === "idle") return;
    this.#outbox.reclaim();
    this.#connection.wake();
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

  /** Changes a message of the visitor's own. Returns false when there is no connection. */
  edit(seq: number, content: string): boolean {
    return this.#connection.send({ type: "edit", seq, content });
  }

  /** Deletes a message of the visitor's own. Returns false when there is no connection. */
  delete(seq: number): boolean {
    return this.#connection.send({ type: "delete", seq });
  }

  /** The visitor pressed a key; staff is told now and then. */
  typing(): void {
    this.#pace.typing();
  }

  /** Everything up to `seq` was seen; without it, everything there is. */
  markRead(seq: number = this.#conversation.timeline.newest): void {
    const { uid, seen } = this.#conversation;
    if (uid === null || seq <= seen) return;
    this.#conversation.seen = seq;
    this.#seen.save(uid, seq);
    this.#pace.read(seq);
    this.#changed();
  }

  /** Asks for older messages, unless there are none or they are on their way. */
  loadOlder(limit: number = HISTORY_PAGE): void {
    const { more, oldest } = this.#conversation.timeline;
    if (this.#loadingOlder || !more) return;
    if (!this.#connection.send({ type: "history", before: oldest, limit })) return;
    this.#loadingOlder = true;
    this.#cancelLoading = this.#clock.setTimer(() => this.#loaded(), HISTORY_TIMEOUT_MS);
    this.#changed();
  }

  /**
   * Says who the visitor is. A token opens that visitor's own conversation, whatever was shown before; a name or an
   * address without one only goes along for staff to see.
   *
   * @param identity Who it is; null signs out: what was shown or unsent is forgotten, an empty chat follows. For a
   *   visitor who isn't signed in, null changes nothing.
   */
  identify(identity: VisitorIdentity | null): void {
    const [before, after] = [this.#identity, identity];
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    const [hadOwner, owner] = [ownerOf(before), ownerOf(after)];
    const leaves = hadOwner !== undefined && hadOwner !== owner;
    this.#identity = after;
    if (leaves) this.#leave();
    this.#outbox.setOwner(owner);
    if (owner !== undefined) this.#session.identify();
    this.#signingIn = false;
    if (leaves || owner !== hadOwner) this.#conversation.forget();
    this.#connection.reconnect();
    // A token that was refused had stopped it.
    if (before !== null && this.#connection.state.status === "stopped") this.#connection.start();
    this.#changed();
  }

  /** Signs out, in all tabs: the session and what is unsent are forgotten, the next conversation is empty. */
  forget(): void {
    this.#leave();
    this.#startOver();
  }

  #leave(): void {
    this.#session.forget();
    this.#seen.forget();
    this.#outbox.clear();
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
        this.#changed();
        if (added.length > 0) this.#events.tell({ type: "received", messages: added });
        return;
      }
      case "history":
        if (this.#signingIn) return this.#signedIn();
        if (this.#loadingOlder && conversation.timeline.prepend(frame.messages, frame.more)) this.#loaded();
        break;
      case "typing":
        conversation.typing = frame.name;
        this.#pace.heardTyping();
        break;
      case "delivered":
      case "read":
        conversation[frame.type] = Math.max(conversation[frame.type], frame.seq);
        break;
      case "presence":
        conversation.agents = frame.agents;
        break;
      case "error":
        this.#refused(frame.code, frame.message, frame.cid, frame.retryAfterMs);
        break;
    }
    this.#changed();
  }

  #welcomed(frame: WelcomeFrame): void {
    if (this.#session.welcomed(frame.session) === "overtaken") return this.#startOver();
    const conversation = this.#conversation;
    const added = conversation.welcome(frame, this.#clock.now());
    const seen = this.#seen.load(frame.uid);
    // A conversation without a position was read elsewhere or before positions were kept.
    conversation.seen = Math.max(
      conversation.seen,
      seen ?? frame.seen ?? (added.length > 0 ? 0 : conversation.timeline.newest),
    );
    this.#echoes = echoesOf(this.#outbox.items, frame.messages);
    this.#pace.opened(seen === null ? 0 : conversation.seen);
    if (ownerOf(this.#identity) === undefined) this.#outbox.opened();
    else this.#askWhetherSignedIn();
    this.#changed();
    if (added.length > 0) this.#events.tell({ type: "received", messages: added });
  }

  /**
   * Answers come in the order of the questions: if the answer to this one comes first, the token was accepted. Until
   * then nothing is sent, for it could go to somebody else's conversation.
   */
  #askWhetherSignedIn(): void {
    this.#signingIn = this.#connection.send(NOTHING_OLDER);
  }

  #signedIn(): void {
    this.#signingIn = false;
    this.#outbox.opened();
    this.#changed();
  }

  /** The token has expired or is wrong. What waits is kept for the next one. */
  #signInRefused(): void {
    this.#signingIn = false;
    this.#conversation.forget();
    this.#connection.refuse("identity");
    this.#events.tell({ type: "signInRefused" });
  }

  #loaded(): void {
    this.#cancelLoading();
    this.#loadingOlder = false;
    this.#changed();
  }

  #refused(code: ErrorCode, message: string, cid?: string, retryAfterMs?: number): void {
    if (cid !== undefined) {
      this.#echoes.delete(cid);
      const failed = this.#outbox.refused(cid, code, message, retryAfterMs);
      if (failed) this.#events.tell({ type: "failed", cid, code, message });
      return;
    }
    if (this.#signingIn && code === "forbidden") return this.#signInRefused();
    // Nothing says which frame it was; a page of history that never comes must not block the next.
    if (this.#loadingOlder) this.#loaded();
    if (retryAfterMs !== undefined) this.#outbox.pause(retryAfterMs);
    this.#events.tell({
      type: "error",
      code,
      message,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }

  #disconnected(): void {
    this.#signingIn = false;
    this.#outbox.lost();
    this.#echoes.clear();
    this.#conversation.typing = null;
    this.#cancelLoading();
    this.#loadingOlder = false;
  }

  #storageChanged(key: string | null): void {
    if (this.#session.concerns(key)) {
      if (this.#session.gone()) return this.forget();
      if (this.#connection.state.status === "open" && this.#rejoinIfOvertaken()) return;
    }
    const { uid } = this.#conversation;
    if (uid !== null && this.#seen.concerns(key)) {
      this.#conversation.seen = Math.max(this.#conversation.seen, this.#seen.load(uid) ?? 0);
      this.#changed();
    }
  }

  /** Another tab has another session: joins its conversation, where what waits will be sent. */
  #rejoinIfOvertaken(): boolean {
    if (!this.#session.overtaken()) return false;
    this.#conversation.forget();
    this.#connection.reconnect();
    return true;
  }

  #startOver(): void {
    this.#conversation.forget();
    this.#connection.reconnect();
    this.#changed();
  }

  #changed(): void {
    this.#state = null;
    this.#changes.tell();
  }

  #snapshot(): ChatState {
    const { timeline, uid, agents, typing, delivered, read, seen, limits, clockOffsetMs } =
      this.#conversation;
    return {
      connection: this.#connection.state,
      uid,
      messages: timeline.messages,
      pending: this.#outbox.items.filter((item) => !this.#echoes.has(item.cid)),
      pausedUntil: this.#outbox.pausedUntil,
      more: timeline.more,
      loadingOlder: this.#loadingOlder,
      agents,
      typing,
      delivered,
      read,
      seen,
      unread: timeline.unreadAfter(seen),
      limits,
      clockOffsetMs,
    };
  }
}
