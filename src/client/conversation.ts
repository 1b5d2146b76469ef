/**
 * The conversation as frames change it: no I/O, no timers.
 *
 * @module
 */
import {
  type Ack,
  type Limits,
  MAX_CONTENT_CODE_POINTS,
  type Message,
  type Presence,
  type WelcomeFrame,
} from "../web/protocol.ts";
import type { PendingMessage } from "./pending.ts";
import type { ChatState } from "./state.ts";
import { type StoredMessage, Timeline } from "./timeline.ts";

/** The part of the state that frames decide. */
export type ConversationView = Omit<
  ChatState,
  "connection" | "pending" | "changes" | "pausedUntil" | "loadingOlder"
>;

/** Messages, watermarks and what the server said of itself. */
export class Conversation {
  readonly timeline = new Timeline();
  uid: string | null = null;
  /** The cursor: the highest `rev` seen. */
  rev = 0;
  agents: Presence | null = null;
  typing: string | null = null;
  delivered = 0;
  read = 0;
  seen = 0;
  limits: Limits = { content: MAX_CONTENT_CODE_POINTS, files: 0, fileBytes: 0 };
  clockOffsetMs = 0;

  /**
   * Takes a welcome.
   *
   * @param frame The frame.
   * @param now The local time.
   * @returns Messages that are new to a reader who was here before; none after a fresh start or a reset.
   */
  welcome(frame: WelcomeFrame, now: number): StoredMessage[] {
    const stranger = this.uid !== null && this.uid !== frame.uid;
    const returning = this.uid === frame.uid && !frame.reset;
    const catchingUp = returning && this.rev > 0;
    if (stranger) this.forget();
    this.uid = frame.uid;
    this.agents = frame.agents;
    this.limits = frame.limits;
    this.clockOffsetMs = frame.now - now;
    this.typing = null;
    this.seen = Math.max(this.seen, frame.seen ?? 0);
    if (catchingUp) {
      const added = this.timeline.upsert(frame.messages);
      this.#advance(frame.rev);
      return added;
    }
    this.timeline.replace(frame.messages, frame.more);
    this.rev = frame.rev;
    return returning ? [...this.timeline.messages] : [];
  }

  /** Takes new and changed messages; returns the new ones. */
  messages(messages: readonly Message[], rev: number): StoredMessage[] {
    const added = this.timeline.upsert(messages);
    if (added.some((message) => message.from === "agent")) this.typing = null;
    this.#advance(rev);
    return added;
  }

  /** Takes an acknowledgement; returns the message that it stored. */
  acknowledged(ack: Ack, pending: PendingMessage): StoredMessage & { readonly cid: string } {
    const message = {
      seq: ack.seq,
      rev: ack.rev,
      from: "visitor" as const,
      content: pending.content,
      at: ack.at,
      cid: ack.cid,
      ...(pending.replyTo === undefined ? {} : { replyTo: pending.replyTo }),
      ...(pending.files === undefined ? {} : { files: pending.files }),
    };
    this.timeline.upsert([message]);
    this.#advance(ack.rev);
    return message;
  }

  /** What of the state is the conversation's. */
  get view(): ConversationView {
    const { timeline, uid, agents, typing, delivered, read, seen, limits, clockOffsetMs } = this;
    return {
      uid,
      messages: timeline.messages,
      more: timeline.more,
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

  /** Forgets everything: what comes is somebody else's conversation. */
  forget(): void {
    this.timeline.replace([], false);
    this.uid = null;
    this.rev = 0;
    this.typing = null;
    this.delivered = 0;
    this.read = 0;
    this.seen = 0;
  }

  #advance(rev: number): void {
    if (rev > this.rev) this.rev = rev;
  }
}
