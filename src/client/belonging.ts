/**
 * Whose conversation it is: whoever opened it in this browser, in whichever tab, or somebody whom the site has signed in.
 *
 * @module
 */
import type { ClientFrame } from "../web/protocol.ts";
import type { Changes } from "./changes.ts";
import type { Connection } from "./connection.ts";
import type { Conversation } from "./conversation.ts";
import { ownerOf, type VisitorIdentity } from "./identity.ts";
import type { Outbox } from "./outbox.ts";
import type { SeenStore } from "./seen_store.ts";
import type { SessionStore } from "./session_store.ts";

/** The page before the first message, which is always empty. */
const NOTHING_OLDER: ClientFrame = { type: "history", before: 1, limit: 1 };

/** What belongs to somebody. */
export interface Belongings {
  readonly session: SessionStore;
  readonly seen: SeenStore;
  readonly outbox: Outbox;
  readonly edits: Changes;
  readonly conversation: Conversation;
  readonly connection: Connection;
}

/** Keeps what is one visitor's from every other. */
export class Belonging {
  readonly #parts: Belongings;
  #identity: VisitorIdentity | null = null;
  /** Whether it is still open if the server accepts the token: it welcomes first and refuses afterwards. */
  #asking = false;
  /** Whether the question has to be asked once more when the server has time. */
  #putOff = false;

  constructor(parts: Belongings) {
    this.#parts = parts;
  }

  /** Who the visitor is, as the site says. */
  get identity(): VisitorIdentity | null {
    return this.#identity;
  }

  /** Whether the server still has to say if it accepts the token. */
  get asking(): boolean {
    return this.#asking;
  }

  /**
   * Takes over what the site says of its visitor.
   *
   * @param identity Who it is; null signs out.
   * @returns Whether that is news.
   */
  identify(identity: VisitorIdentity | null): boolean {
    const { session, outbox, connection } = this.#parts;
    const before = this.#identity;
    if (JSON.stringify(before) === JSON.stringify(identity)) return false;
    const [hadOwner, owner] = [ownerOf(before), ownerOf(identity)];
    const leaves = hadOwner !== undefined && hadOwner !== owner;
    this.#identity = identity;
    if (leaves) {
      session.leave();
      this.#leave();
    }
    outbox.setOwner(owner);
    if (owner !== undefined) session.identify();
    this.#asking = false;
    if (leaves || owner !== hadOwner) this.#forgetConversation();
    connection.reconnect();
    // A token that was refused had stopped it.
    if (before !== null && connection.state.status === "stopped") connection.start();
    return true;
  }

  /** Gives the session and what is unsent up, in all tabs; the next conversation is empty. */
  forget(): void {
    this.#parts.session.forget();
    this.#leave();
    this.rejoin();
  }

  /** Says hello anew: another conversation follows. */
  rejoin(): void {
    this.#forgetConversation();
    this.#parts.connection.reconnect();
  }

  /**
   * Joins the conversation of another tab that has another session; what waits will be sent there. When somebody signed
   * in in another tab, the conversation may be theirs: nothing more is sent before the server has said whose it is.
   *
   * @returns Whether what is open may not be written to.
   */
  rejoinIfOvertaken(): boolean {
    const { session, outbox, connection } = this.#parts;
    if (session.overtaken()) {
      this.rejoin();
      return true;
    }
    if (!session.parted()) return false;
    // What is on its way is in the conversation as it was; were it asked about in another one, it would be there twice.
    outbox.close(() => connection.reconnect());
    return true;
  }

  /** The connection was welcomed: what waits goes out, as soon as it is certain whose conversation it is. */
  welcomed(): void {
    if (ownerOf(this.#identity) === undefined) return this.#goOn();
    // Answers come in the order of the questions: if the answer to this one comes first, the token was accepted. Until
    // then nothing is sent, for it could go to somebody else's conversation.
    this.#ask();
  }

  /** The server had no time for the question: it is asked again at the next {@link Belonging.resume}. */
  putOff(): void {
    this.#putOff = true;
  }

  /** The server has time again. */
  resume(): void {
    if (this.#asking && this.#putOff) this.#ask();
  }

  /** The server has accepted the token. */
  accepted(): void {
    this.#asking = false;
    this.#goOn();
  }

  /** The token has expired or is wrong. What waits is kept for the next one. */
  refused(): void {
    this.#asking = false;
    this.#forgetConversation();
    this.#parts.connection.refuse("identity");
  }

  /** The connection is gone, and with it what it was asked. */
  lost(): void {
    this.#asking = false;
  }

  #ask(): void {
    this.#putOff = false;
    this.#asking = this.#parts.connection.send(NOTHING_OLDER);
  }

  #goOn(): void {
    const { outbox, edits, conversation } = this.#parts;
    outbox.opened();
    if (conversation.uid !== null) edits.opened(conversation.uid, conversation.timeline.messages);
  }

  #leave(): void {
    const { seen, outbox, edits } = this.#parts;
    seen.forget();
    outbox.clear();
    edits.clear();
  }

  /** What comes is another conversation; a change of this one's message would hit one of that one's. */
  #forgetConversation(): void {
    this.#parts.conversation.forget();
    this.#parts.edits.leave();
  }
}
