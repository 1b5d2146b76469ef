import { type Appended, ChatBoxError, type ConnectionEvent, isUuid } from "../../core/mod.ts";
import { RateLimited } from "../limits/rate_limited.ts";
import type { Asker } from "../limits/visitor_limits.ts";
import { viewMessage, VISITOR_SIDE } from "../message_view.ts";
import { type ClientFrame, CloseCode, type HelloFrame, type SendFrame } from "../protocol.ts";
import { type Refusal, refusalOf } from "../refusal.ts";
import type { SessionContext } from "./context.ts";
import type { FrameWriter } from "./frame_writer.ts";
import { answered, type Refusals } from "./refusals.ts";
import type { SendHold } from "./send_hold.ts";
import type { VisitorConversation } from "./visitor_conversation.ts";

/** What an {@link Attendance} needs. */
export interface AttendanceOptions {
  readonly context: SessionContext;
  readonly conversation: VisitorConversation;
  readonly asker: Asker;
  readonly writer: FrameWriter;
  readonly refusals: Refusals;
  readonly hold: SendHold;
  /** Ends the socket. */
  readonly close: (code: number, reason: string) => void;
}

/** Does what a welcomed visitor asks for on one socket, and tells it what happens in their conversation. */
export class Attendance {
  readonly #options: AttendanceOptions;
  /** Up to where the visitor has read, as this socket said itself. */
  #seen = 0;

  constructor(options: AttendanceOptions) {
    this.#options = options;
  }

  /** Does what a frame asks for; a failure is told by an `error`. */
  handle(frame: Exclude<ClientFrame, HelloFrame>): void {
    const { conversation, writer } = this.#options;
    switch (frame.type) {
      case "send":
        this.#send(frame);
        return;
      case "edit":
        if (this.#isTooMany(frame)) return;
        this.#attempt(frame, conversation.edit(frame.seq, frame.content));
        return;
      case "delete":
        this.#attempt(frame, conversation.delete(frame.seq));
        return;
      case "read":
        this.#seen = Math.max(this.#seen, frame.seq);
        this.#attempt(frame, conversation.read(frame.seq));
        return;
      case "typing":
        this.#attempt(frame, conversation.typing());
        return;
      case "history":
        this.#attempt(
          frame,
          conversation.history(frame.before, frame.limit).then((page) =>
            writer.frame({ type: "history", ...page })
          ),
        );
    }
  }

  /** Tells what has happened in the conversation, as far as it is news to this socket. */
  tell(event: ConnectionEvent): void {
    const { context, writer } = this.#options;
    switch (event.type) {
      case "message": {
        const { message, token } = event;
        if (token === this && message.cid !== undefined) {
          writer.ack({ cid: message.cid, seq: message.seq, rev: message.rev, at: message.createdAt });
          return;
        }
        writer.message(viewMessage(message, context.avatarPath));
        const fresh = message.editedAt === undefined && message.deletedAt === undefined;
        if (message.side !== VISITOR_SIDE && fresh) {
          context.metrics.delivered(context.clock.now() - message.createdAt);
        }
        return;
      }
      case "delivered":
        if (event.side === VISITOR_SIDE) writer.frame({ type: "delivered", seq: event.seq });
        return;
      case "read":
        if (event.side === VISITOR_SIDE) writer.frame({ type: "read", seq: event.seq });
        else if (event.seq > this.#seen) writer.frame({ type: "seen", seq: event.seq });
        return;
      case "typing":
        if (event.side !== VISITOR_SIDE) writer.frame({ type: "typing", name: event.name });
    }
  }

  #isTooMany(frame: ClientFrame): boolean {
    const waitMs = this.#options.context.rates.message(this.#options.asker);
    if (waitMs > 0) this.#refuse(frame, new RateLimited(frame.type, waitMs));
    return waitMs > 0;
  }

  #send(frame: SendFrame): void {
    if (this.#isTooMany(frame)) return;
    const { context, conversation, writer } = this.#options;
    const { metrics } = context;
    const started = performance.now();
    // A new message is acknowledged when its event comes, one that was known in its place: in the order of the revs.
    const onDuplicate = ({ message, createdRev }: Appended): void =>
      writer.ack({ cid: frame.cid, seq: message.seq, rev: createdRev, at: message.createdAt });
    conversation.send(frame, { token: this, onDuplicate }).then(
      () => metrics.acked(performance.now() - started),
      (error) => this.#fail(frame, error),
    );
  }

  #attempt(frame: ClientFrame, work: Promise<void>): void {
    work.catch((error) => this.#fail(frame, error));
  }

  #fail(frame: ClientFrame, error: unknown): void {
    const { context, asker, close } = this.#options;
    const action = "seq" in frame ? `${frame.type} message ${frame.seq}` : frame.type;
    const refusal = refusalOf(error, action);
    if (refusal.code === "internal" || refusal.code === "overloaded") {
      context.logger.error("A visitor's frame failed", { uid: asker.uid, frame: frame.type, error });
    }
    this.#refuse(frame, refusal);
    if (refusal.code === "not_found" && frame.type === "send") this.#leaveIfGone();
    // The conversation has moved, or the server stops: either way the next hello leads on.
    if (error instanceof ChatBoxError && error.code === "closed") {
      close(CloseCode.restarting, "come back soon");
    }
  }

  #refuse(frame: ClientFrame, refusal: Refusal): void {
    const { refusals, hold } = this.#options;
    if (frame.type === "send") hold.begin(refusal);
    refusals.tell(refusal, answered(frame));
  }

  /** A conversation that was erased or has expired: the visitor comes back, and the next message begins it anew. */
  #leaveIfGone(): void {
    const { context, conversation, asker: { uid }, close } = this.#options;
    if (!conversation.exists || uid === undefined || !isUuid(uid)) return;
    context.chatBox.worker1.connectionOf(uid).then(
      (connection) => connection ?? close(CloseCode.restarting, "come back soon"),
      (error) => context.logger.warn("Cannot look a conversation up", { uid, error }),
    );
  }
}
