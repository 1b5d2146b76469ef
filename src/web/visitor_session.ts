import { ChatBoxError, type Clock, type ConnectionEvent, type Logger } from "../core/mod.ts";
import { FrameWriter } from "./frame_writer.ts";
import type { Identity } from "./identity.ts";
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
import type { SocketPort } from "./socket_port.ts";
import { type ConversationContext, VisitorConversation } from "./visitor_conversation.ts";

/** This many frames in a row that are not the protocol end the socket. */
const MAX_BAD_FRAMES = 10;

/** How many frames may wait while a visitor is being recognised. */
const MAX_EARLY_FRAMES = 100;

/** What all sessions share. */
export interface SessionContext extends ConversationContext {
  readonly identity: Identity;
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
    readonly uid: string;
    readonly conversation: VisitorConversation;
    readonly end: () => void;
  }
  | { readonly name: "closed" };

/** One socket of a visitor, from its first frame to its end. */
export class VisitorSession {
  readonly #context: SessionContext;
  readonly #socket: SocketPort;
  readonly #writer: FrameWriter;
  #phase: Phase;
  #uid: string | undefined;
  #badFrames = 0;

  constructor(context: SessionContext, socket: SocketPort) {
    this.#context = context;
    this.#socket = socket;
    this.#writer = new FrameWriter(socket);
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
      this.#reject({ code: "bad_frame", message: "Cannot read the frame: it is binary, allowed is text" });
      return;
    }
    if (exceedsBytes(data, MAX_FRAME_BYTES)) {
      this.close(CloseCode.tooBig, `a frame is at most ${MAX_FRAME_BYTES} bytes`);
      return;
    }
    const parsed = parseFrame(data);
    if ("fault" in parsed) {
      this.#reject(parsed.fault);
      return;
    }
    this.#badFrames = 0;
    this.#accept(parsed.frame);
  }

  /** The socket has ended, or is to end with a code. Does nothing the second time. */
  close(code?: number, reason = ""): void {
    const phase = this.#phase;
    if (phase.name === "closed") return;
    if (phase.name === "waiting") phase.cancelTimeout();
    if (phase.name === "open") phase.end();
    this.#phase = { name: "closed" };
    if (code !== undefined) this.#socket.close(code, reason);
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
    const { identity, presence, clock, limits } = this.#context;
    const visitor = await identity.recognise(hello.session);
    this.#uid = visitor.uid;
    const conversation = await VisitorConversation.open(this.#context, visitor, hello);
    // Listen first and look then: what comes in between is held back, and told after the welcome if that has not told it.
    let held: ConnectionEvent[] | undefined = [];
    const unsubscribe = conversation.subscribe((event) =>
      held === undefined ? this.#tell(event) : held.push(event)
    );
    try {
      const { rev, messages, more, reset } = await conversation.catchUp(hello.after);
      const { delivered, read } = await conversation.watermarks();
      const phase = this.#phase;
      if (phase.name !== "greeting") {
        unsubscribe();
        return;
      }
      this.#writer.frame({
        type: "welcome",
        v: PROTOCOL_VERSION,
        uid: visitor.uid,
        ...(visitor.issued !== undefined && { session: visitor.issued }),
        rev,
        messages,
        more,
        reset,
        agents: presence.state,
        now: clock.now(),
        limits,
      });
      if (delivered > 0) this.#writer.frame({ type: "delivered", seq: delivered });
      if (read > 0) this.#writer.frame({ type: "read", seq: read });
      const events = held;
      held = undefined;
      for (const event of events) {
        if (event.type !== "message" || event.message.rev > rev) this.#tell(event);
      }
      const leave = presence.subscribe((agents) => this.#writer.frame({ type: "presence", agents }));
      const end = (): void => {
        unsubscribe();
        leave();
        this.#metrics.left();
      };
      this.#metrics.welcomed(performance.now() - started);
      this.#phase = { name: "open", uid: visitor.uid, conversation, end };
      for (const frame of phase.early) this.#accept(frame);
    } catch (error) {
      unsubscribe();
      throw error;
    }
  }

  #refuseGreeting(error: unknown): void {
    this.#context.logger.error("Cannot welcome a visitor", { uid: this.#uid, error });
    this.#error("overloaded", "Cannot open the conversation now: try again later");
    this.close(CloseCode.overloaded, "try again later");
  }

  #handle(conversation: VisitorConversation, frame: ClientFrame): void {
    switch (frame.type) {
      case "send":
        this.#send(conversation, frame);
        return;
      case "edit":
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
        this.#reject({ code: "bad_frame", message: "Cannot say hello twice on a socket" });
    }
  }

  #send(conversation: VisitorConversation, frame: SendFrame): void {
    const started = performance.now();
    conversation.send(frame, this).then(
      // A new message is acknowledged when its event comes, in the order of the revs.
      ({ duplicate, message, createdRev }) => {
        this.#metrics.acked(performance.now() - started);
        if (duplicate) {
          this.#writer.ack({ cid: frame.cid, seq: message.seq, rev: createdRev, at: message.createdAt });
        }
      },
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
    }
  }

  #fail(frame: ClientFrame, error: unknown, cid?: string): void {
    const code = errorCode(error);
    const uid = this.#phase.name === "open" ? this.#phase.uid : undefined;
    if (code === "internal" || code === "overloaded") {
      this.#context.logger.error("A visitor's frame failed", { uid, frame: frame.type, error });
    }
    const message = code === "internal"
      ? `Cannot ${frame.type}: the server has a problem`
      : (error as Error).message;
    this.#error(code, message, cid);
    // It was erased or has expired: the visitor comes back, and the next message begins it anew.
    if (code === "not_found" && frame.type === "send") {
      this.close(CloseCode.restarting, "the conversation is gone");
    }
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
  if (!(error instanceof ChatBoxError)) return "internal";
  switch (error.code) {
    case "not_found":
    case "forbidden":
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
