import {
  type Appended,
  ChatBoxError,
  type Clock,
  type ConnectionEvent,
  isUuid,
  type Logger,
} from "../core/mod.ts";
import { FrameWriter } from "./frame_writer.ts";
import type { Identity, Visitor } from "./identity.ts";
import { RateLimited } from "./limits/rate_limited.ts";
import type { Asker } from "./limits/visitor_limits.ts";
import { viewMessage, VISITOR_SIDE } from "./message_view.ts";
import { NO_WEB_METRICS, type WebMetrics } from "./metrics.ts";
import { type FrameFault, parseFrame } from "./parse_frame.ts";
import type { Presence } from "./presence.ts";
import {
  type ClientFrame,
  CloseCode,
  type ErrorCode,
  HELLO_TIMEOUT_MS,
  type HelloFrame,
  type Limits,
  MAX_FRAME_BYTES,
  PROTOCOL_VERSION,
  type SendFrame,
} from "./protocol.ts";
import type { SignIn } from "./sign_in.ts";
import type { SocketPort } from "./socket_port.ts";
import { type ConversationContext, VisitorConversation } from "./visitor_conversation.ts";

/** This many frames in a row that are not the protocol end the socket. */
const MAX_BAD_FRAMES = 10;

/** So many frames refused in a minute end the socket: whoever heeds `retryAfterMs` is far below. */
const MAX_REFUSED_FRAMES = 100;
const REFUSALS_COUNT_FOR_MS = 60_000;

/** How many frames may wait while a visitor is being recognised. */
const MAX_EARLY_FRAMES = 100;

const HELLO_TWICE: FrameFault = { code: "bad_frame", message: "Cannot say hello twice on a socket" };

/** Whoever is closed with these may be sending still. */
const FOR_WHAT_THEY_SEND: ReadonlySet<number> = new Set([
  CloseCode.tooBig,
  CloseCode.notProtocol,
  CloseCode.tooMany,
]);

/** What all sessions share. */
export interface SessionContext extends ConversationContext {
  readonly identity: Identity;
  readonly signIn: SignIn;
  readonly clock: Clock;
  readonly presence: Presence;
  readonly logger: Logger;
  readonly limits: Limits;
  readonly metrics?: WebMetrics;
}

type Phase =
  | { readonly name: "waiting"; readonly cancelTimeout: () => void }
  | { readonly name: "greeting"; readonly early: ClientFrame[] }
  | {
    readonly name: "open";
    readonly conversation: VisitorConversation;
    readonly end: () => void;
  }
  | { readonly name: "closed" };

/** One socket of a visitor, from its first frame to its end. */
export class VisitorSession {
  readonly #context: SessionContext;
  readonly #socket: SocketPort;
  readonly #writer: FrameWriter;
  #asker: Asker;
  #phase: Phase;

  #badFrames = 0;
  #refusals = { count: 0, since: 0 };

  /** @param prefix the address behind the socket, see {@link Asker} */
  constructor(context: SessionContext, socket: SocketPort, prefix: string) {
    this.#context = context;
    this.#socket = socket;
    this.#writer = new FrameWriter(socket, context.clock, () => this.#giveUp());
    this.#asker = { prefix };
    const cancelTimeout = context.clock.after(
      HELLO_TIMEOUT_MS,
      () => this.close(CloseCode.noHello, "no hello in time"),
    );
    this.#phase = { name: "waiting", cancelTimeout };
  }

  /** Takes in what the socket received. */
  receive(data: unknown): void {
    if (this.#phase.name === "closed") return;
    if (typeof data !== "string") {
      if (this.#isTooMuch("", 1)) return;
      this.#reject({ code: "bad_frame", message: "Cannot read the frame: it is binary, allowed is text" });
      return;
    }
    if (exceedsBytes(data, MAX_FRAME_BYTES)) {
      this.close(CloseCode.tooBig, `a frame is at most ${MAX_FRAME_BYTES} bytes`);
      return;
    }
    if (this.#isTooMuch(data, data.length)) return;
    const parsed = parseFrame(data);
    if ("fault" in parsed) {
      const isLate = parsed.fault.code === "bad_hello" && this.#phase.name !== "waiting";
      this.#reject(isLate ? HELLO_TWICE : parsed.fault);
      return;
    }
    this.#badFrames = 0;
    this.#accept(parsed.frame);
  }

  /** Counts a frame; refuses it, and ends the socket of whoever goes on all the same. */
  #isTooMuch(text: string, bytes: number): boolean {
    const { rates, clock } = this.#context;
    const waitMs = rates.frame(this.#asker, bytes);
    if (waitMs === 0) return false;
    const now = clock.now();
    if (now - this.#refusals.since > REFUSALS_COUNT_FOR_MS) this.#refusals = { count: 0, since: now };
    if (++this.#refusals.count > MAX_REFUSED_FRAMES) {
      this.close(CloseCode.tooMany, "too many frames");
      return true;
    }
    const parsed = parseFrame(text);
    const cid = "fault" in parsed
      ? parsed.fault.cid
      : parsed.frame.type === "send"
      ? parsed.frame.cid
      : undefined;
    this.#refuse(new RateLimited("read the frame", waitMs), cid);
    return true;
  }

  #giveUp(): void {
    this.#context.logger.info("Closed a socket that reads too slowly", { uid: this.#asker.uid });
    this.close(CloseCode.overloaded, "reading too slowly");
  }

  /** The socket has ended, or is to end with a code. Does nothing the second time. */
  close(code?: number, reason = ""): void {
    const phase = this.#phase;
    if (phase.name === "closed") return;
    if (phase.name === "waiting") phase.cancelTimeout();
    if (phase.name === "open") phase.end();
    this.#phase = { name: "closed" };
    if (code === undefined) return;
    this.#socket.close(code, reason, { whenQuiet: FOR_WHAT_THEY_SEND.has(code) });
  }

  #accept(frame: ClientFrame): void {
    const phase = this.#phase;
    switch (phase.name) {
      case "waiting":
        if (frame.type !== "hello") {
          this.#error("bad_hello", "Cannot begin: the first frame must be hello");
          this.close(CloseCode.notProtocol, "the first frame must be hello");
          return;
        }
        phase.cancelTimeout();
        this.#phase = { name: "greeting", early: [] };
        this.#greet(frame).catch((error) => this.#refuseGreeting(error));
        return;
      case "greeting":
        if (phase.early.length < MAX_EARLY_FRAMES) phase.early.push(frame);
        else this.close(CloseCode.tooMany, "too many frames before welcome");
        return;
      case "open":
        this.#handle(phase.conversation, frame);
        return;
      case "closed":
    }
  }

  get #metrics(): WebMetrics {
    return this.#context.metrics ?? NO_WEB_METRICS;
  }

  async #greet(hello: HelloFrame): Promise<void> {
    const started = performance.now();
    const { presence, clock, limits } = this.#context;
    const { visitor, refusal } = await this.#recognise(hello);
    const { uid, issued } = visitor;
    this.#asker = { ...this.#asker, uid };
    const conversation = await VisitorConversation.open(this.#context, visitor, this.#asker, hello);
    if (await conversation.isBlocked()) {
      this.#error("blocked", "Cannot open the conversation: it is blocked");
      this.close(CloseCode.forbidden, "blocked");
      return;
    }
    // Listen first and look then: what comes in between is held back, and told after the welcome if that has not told it.
    let held: ConnectionEvent[] | undefined = [];
    const unsubscribe = conversation.subscribe((event) =>
      held === undefined ? this.#tell(event) : held.push(event)
    );
    try {
      // A cursor counts in the conversation from which it is.
      const isSame = hello.session?.startsWith(`${uid}.`) === true;
      const caughtUp = await conversation.catchUp(isSame ? hello.after : 0);
      const { delivered, read, seen } = await conversation.progress();
      const phase = this.#phase;
      if (phase.name !== "greeting") {
        unsubscribe();
        return;
      }
      this.#writer.frame({
        type: "welcome",
        v: PROTOCOL_VERSION,
        uid,
        ...(issued !== undefined && { session: issued }),
        ...caughtUp,
        reset: caughtUp.reset || (!isSame && hello.after > 0),
        agents: presence.state,
        ...(seen > 0 && { seen }),
        now: clock.now(),
        limits,
      });
      if (refusal !== undefined) this.#refuse(refusal);
      if (delivered > 0) this.#writer.frame({ type: "delivered", seq: delivered });
      if (read > 0) this.#writer.frame({ type: "read", seq: read });
      const events = held;
      held = undefined;
      for (const event of events) {
        if (event.type !== "message" || event.message.rev > caughtUp.rev) this.#tell(event);
      }
      const leave = presence.subscribe((agents) => this.#writer.frame({ type: "presence", agents }));
      const end = (): void => {
        unsubscribe();
        leave();
        this.#metrics.left();
      };
      this.#metrics.welcomed(performance.now() - started);
      this.#phase = { name: "open", conversation, end };
      for (const frame of phase.early) this.#accept(frame);
    } catch (error) {
      unsubscribe();
      throw error;
    }
  }

  /** Whoever cannot be signed in stays anonymous, and is told so. */
  async #recognise(
    { session, identity: claim }: HelloFrame,
  ): Promise<{ readonly visitor: Visitor; readonly refusal?: ChatBoxError }> {
    const { identity, signIn } = this.#context;
    if (claim?.token === undefined) return { visitor: await identity.recognise(session) };
    try {
      return { visitor: await identity.signIn(session, await signIn.verify(claim.token)) };
    } catch (error) {
      if (!(error instanceof ChatBoxError) || error.code !== "forbidden") throw error;
      return { visitor: await identity.recognise(session), refusal: error };
    }
  }

  #refuseGreeting(error: unknown): void {
    this.#context.logger.error("Cannot welcome a visitor", { uid: this.#asker.uid, error });
    this.#error("overloaded", "Cannot open the conversation now: try again later");
    this.close(CloseCode.overloaded, "try again later");
  }

  #handle(conversation: VisitorConversation, frame: ClientFrame): void {
    switch (frame.type) {
      case "send":
        this.#send(conversation, frame);
        return;
      case "edit":
        if (this.#isTooManyMessages("edit")) return;
        this.#attempt(frame, conversation.edit(frame.seq, frame.content));
        return;
      case "delete":
        this.#attempt(frame, conversation.delete(frame.seq));
        return;
      case "read":
        this.#attempt(frame, conversation.read(frame.seq));
        return;
      case "typing":
        this.#attempt(frame, conversation.typing());
        return;
      case "history":
        this.#attempt(
          frame,
          conversation.history(frame.before, frame.limit).then((page) =>
            this.#writer.frame({ type: "history", ...page })
          ),
        );
        return;
      case "hello":
        this.#reject(HELLO_TWICE);
    }
  }

  #isTooManyMessages(action: string, cid?: string): boolean {
    const waitMs = this.#context.rates.message(this.#asker);
    if (waitMs > 0) this.#refuse(new RateLimited(action, waitMs), cid);
    return waitMs > 0;
  }

  #send(conversation: VisitorConversation, frame: SendFrame): void {
    if (this.#isTooManyMessages("send", frame.cid)) return;
    const started = performance.now();
    // A new message is acknowledged when its event comes, one that was known in its place: in the order of the revs.
    const onDuplicate = ({ message, createdRev }: Appended): void =>
      this.#writer.ack({ cid: frame.cid, seq: message.seq, rev: createdRev, at: message.createdAt });
    conversation.send(frame, { token: this, onDuplicate }).then(
      () => this.#metrics.acked(performance.now() - started),
      (error) => this.#fail(frame, error, frame.cid),
    );
  }

  #attempt(frame: ClientFrame, work: Promise<void>): void {
    work.catch((error) => this.#fail(frame, error));
  }

  #tell(event: ConnectionEvent): void {
    switch (event.type) {
      case "message": {
        const { message, token } = event;
        if (token === this && message.cid !== undefined) {
          this.#writer.ack({ cid: message.cid, seq: message.seq, rev: message.rev, at: message.createdAt });
        } else {
          this.#writer.message(viewMessage(message));
          const fresh = message.editedAt === undefined && message.deletedAt === undefined;
          if (message.side !== VISITOR_SIDE && fresh) {
            this.#metrics.delivered(this.#context.clock.now() - message.createdAt);
          }
        }
        return;
      }
      case "delivered":
      case "read":
        if (event.side === VISITOR_SIDE) this.#writer.frame({ type: event.type, seq: event.seq });
        return;
      case "typing":
        if (event.side !== VISITOR_SIDE) this.#writer.frame({ type: "typing", name: event.name });
        return;
    }
  }

  #fail(frame: ClientFrame, error: unknown, cid?: string): void {
    const code = errorCode(error);
    if (code === "internal" || code === "overloaded") {
      this.#context.logger.error("A visitor's frame failed", {
        uid: this.#asker.uid,
        frame: frame.type,
        error,
      });
    }
    this.#refuse(
      code === "internal" ? new Error(`Cannot ${frame.type}: the server has a problem`) : error,
      cid,
    );
    if (code === "not_found" && frame.type === "send") this.#leaveIfGone();
    // The conversation has moved, or the server stops: either way the next hello leads on.
    if (error instanceof ChatBoxError && error.code === "closed") {
      this.close(CloseCode.restarting, "come back soon");
    }
  }

  /** A conversation that was erased or has expired: the visitor comes back, and the next message begins it anew. */
  #leaveIfGone(): void {
    const { uid } = this.#asker;
    if (uid === undefined || !isUuid(uid)) return;
    this.#context.chatBox.worker1.connectionOf(uid).then(
      (connection) => connection ?? this.close(CloseCode.restarting, "come back soon"),
      (error) => this.#context.logger.warn("Cannot look a conversation up", { uid, error }),
    );
  }

  /** Says why not, in words that are meant for visitors. */
  #refuse(error: unknown, cid?: string): void {
    this.#metrics.refused(errorCode(error));
    this.#writer.frame({
      type: "error",
      code: errorCode(error),
      message: error instanceof Error ? error.message : "Cannot go on: the server has a problem",
      ...(cid !== undefined && { cid }),
      ...(error instanceof RateLimited && { retryAfterMs: error.retryAfterMs }),
    });
  }

  #reject({ code, message, cid }: FrameFault): void {
    this.#error(code, message, cid);
    if (code === "bad_hello") this.close(CloseCode.notProtocol, "hello is not valid");
    if (code !== "bad_frame") return;
    this.#badFrames++;
    if (this.#badFrames >= MAX_BAD_FRAMES) {
      this.close(CloseCode.notProtocol, "too many frames that are not the protocol");
    }
  }

  #error(code: ErrorCode, message: string, cid?: string): void {
    this.#metrics.refused(code);
    this.#writer.frame({ type: "error", code, message, ...(cid !== undefined && { cid }) });
  }
}

function errorCode(error: unknown): ErrorCode {
  if (error instanceof RateLimited) return "rate_limited";
  if (!(error instanceof ChatBoxError)) return "internal";
  switch (error.code) {
    case "not_found":
    case "forbidden":
    case "blocked":
    case "overloaded":
      return error.code;
    case "closed":
      return "overloaded";
    default:
      return "internal";
  }
}

function exceedsBytes(text: string, most: number): boolean {
  // A code unit is one to three bytes of UTF-8.
  if (text.length > most) return true;
  if (text.length * 3 <= most) return false;
  return new TextEncoder().encode(text).length > most;
}
