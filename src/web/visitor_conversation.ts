import type { Appended, ChatBox, Clock, Connection, ConnectionListener, Page } from "../core/mod.ts";
import type { Identity, Visitor } from "./identity.ts";
import { viewMessage } from "./message_view.ts";
import { type HelloFrame, MAX_CATCH_UP, type Message, type SendFrame, WELCOME_PAGE } from "./protocol.ts";

/** What a visitor has missed, or the latest page. */
export interface CaughtUp {
  readonly rev: number;
  readonly messages: readonly Message[];
  readonly more: boolean;
  readonly reset: boolean;
}

/** What the web side needs of the ChatBox: its service 1 has the visitors' UUIDs as ids, which are the uids of the connections, too. */
// deno-lint-ignore no-explicit-any -- whatever ids the other service has
export type VisitorChatBox = Pick<ChatBox<any, any>, "worker1" | "connection">;

/** What all conversations share. */
export interface ConversationContext {
  readonly chatBox: VisitorChatBox;
  readonly identity: Identity;
  readonly clock: Clock;
  /** Whether a conversation begins when the chat is opened, or with the first message. */
  readonly createOn: "access" | "message";
}

/** One visitor's conversation, which begins to exist with their first message. */
export class VisitorConversation {
  readonly #context: ConversationContext;
  readonly #visitor: Visitor;
  readonly #page: HelloFrame["page"];
  readonly #locale: HelloFrame["locale"];
  readonly #connection: Connection;
  #exists = false;
  #creating: Promise<void> | undefined;

  private constructor(context: ConversationContext, visitor: Visitor, hello: HelloFrame) {
    this.#context = context;
    this.#visitor = visitor;
    this.#page = hello.page;
    this.#locale = hello.locale;
    this.#connection = context.chatBox.connection(visitor.uid);
  }

  /** Opens the conversation of a visitor who has said hello. */
  static async open(
    context: ConversationContext,
    visitor: Visitor,
    hello: HelloFrame,
  ): Promise<VisitorConversation> {
    const conversation = new VisitorConversation(context, visitor, hello);
    if (visitor.issued === undefined) {
      conversation.#exists = await context.chatBox.worker1.connectionOf(visitor.uid) !== undefined;
    }
    if (conversation.#exists || context.createOn === "access") await conversation.#access();
    return conversation;
  }

  /** Listens to everything that happens from now on. */
  subscribe(listener: ConnectionListener): () => void {
    return this.#connection.subscribe(listener);
  }

  /** What changed since `after`, or the latest page when that is nothing, too much, or not from this history. */
  async catchUp(after: number): Promise<CaughtUp> {
    if (!this.#exists) return { rev: 0, messages: [], more: false, reset: after > 0 };
    if (after > 0) {
      const { rev, messages, overflow } = await this.#connection.messagesAfter(after, MAX_CATCH_UP);
      if (!overflow && after <= rev) {
        return { rev, messages: messages.map(viewMessage), more: (messages[0]?.seq ?? 1) > 1, reset: false };
      }
    }
    const page = await this.#connection.messages({ limit: WELCOME_PAGE });
    return { rev: page.rev, messages: page.messages.map(viewMessage), more: page.more, reset: after > 0 };
  }

  /** How far the staff's side has come with the visitor's messages. */
  async watermarks(): Promise<{ readonly delivered: number; readonly read: number }> {
    if (!this.#exists) return { delivered: 0, read: 0 };
    return await this.#connection.watermarks(2);
  }

  /** Stores a message; resolves when it is on disk. */
  async send({ cid, content, replyTo }: SendFrame, token: object): Promise<Appended> {
    if (!this.#exists) await this.#create();
    const draft = { cid, content, ...(replyTo !== undefined && { replyTo }) };
    return await this.#context.chatBox.worker1.sendIn(this.#connection, draft, { token });
  }

  /** Changes the visitor's own message. */
  async edit(seq: number, content: string): Promise<void> {
    await this.#context.chatBox.worker1.edit(this.#visitor.uid, seq, content);
  }

  /** Deletes the visitor's own message. */
  async delete(seq: number): Promise<void> {
    await this.#context.chatBox.worker1.delete(this.#visitor.uid, seq);
  }

  /** The visitor has seen everything up to `seq`. */
  async read(seq: number): Promise<void> {
    if (this.#exists) await this.#context.chatBox.worker1.markRead(this.#visitor.uid, seq);
  }

  /** The visitor is typing. */
  async typing(): Promise<void> {
    if (this.#exists) await this.#context.chatBox.worker1.typing(this.#visitor.uid, "");
  }

  /** Reads older messages. */
  async history(before: number, limit: number): Promise<{ messages: readonly Message[]; more: boolean }> {
    if (!this.#exists) return { messages: [], more: false };
    const { messages, more }: Page = await this.#connection.messages({ before, limit });
    return { messages: messages.map(viewMessage), more };
  }

  #create(): Promise<void> {
    return this.#creating ??= this.#access().finally(() => this.#creating = undefined);
  }

  async #access(): Promise<void> {
    const { chatBox, identity, clock } = this.#context;
    const { uid } = this.#visitor;
    await chatBox.worker1.accessNewClient(uid, { uid });
    await identity.save(this.#visitor, clock.now());
    this.#exists = true;
    const about = {
      ...(this.#page && { page: { ...this.#page } }),
      ...(this.#locale && { locale: this.#locale }),
    };
    if (Object.keys(about).length > 0) await this.#connection.properties.update(about);
  }
}
