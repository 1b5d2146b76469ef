import {
  type Appended,
  type ChatBox,
  ChatBoxError,
  type Clock,
  type Connection,
  type ConnectionListener,
  type FileReference,
  type JsonObject,
  type Message as StoredMessage,
  type SendOptions,
  type ServiceWorker,
  type Uuid,
} from "../../core/mod.ts";
import type { Identity, Visitor } from "../identity.ts";
import { RateLimited } from "../limits/rate_limited.ts";
import type { Asker, VisitorLimits } from "../limits/visitor_limits.ts";
import { viewMessage, VISITOR_SIDE } from "../message_view.ts";
import { Refusal } from "../refusal.ts";
import { newestThatFit } from "../page_size.ts";
import { type HelloFrame, MAX_CATCH_UP, type Message, type SendFrame, WELCOME_PAGE } from "../protocol.ts";

/** What a visitor has missed, or the latest page. */
export interface CaughtUp {
  readonly rev: number;
  readonly messages: readonly Message[];
  readonly more: boolean;
  readonly reset: boolean;
}

/** How far both ends of a conversation have come. */
export interface Progress {
  /** Of the visitor's messages, these have reached the staff's side. */
  readonly delivered: number;
  /** Of the visitor's messages, the staff have read these. */
  readonly read: number;
  /** Of the staff's messages, the visitor has read these. */
  readonly seen: number;
}

/** What is asked of service 1, whatever ids the other service has. */
type VisitorWorker = Pick<
  ServiceWorker<Uuid, unknown>,
  "accessNewClient" | "connectionOf" | "delete" | "edit" | "isBlocked" | "markRead" | "sendIn" | "typing"
>;

/** What the web side needs of the ChatBox: its service 1 has the visitors' UUIDs as ids, which are the uids of the connections, too. */
export interface VisitorChatBox extends Pick<ChatBox, "connection"> {
  readonly worker1: VisitorWorker;
}

/** What a message's files need. */
export interface FileClaims {
  /**
   * Promises uploaded files to the message that its sender calls `cid`; the same message may ask again.
   *
   * @throws {ChatBoxError} `not_found` when one of them is not this side's, or another message has it
   */
  claim(uid: Uuid, side: 1 | 2, cid: string, ids: readonly string[]): Promise<readonly FileReference[]>;
}

/** What all conversations share. */
export interface ConversationContext {
  readonly chatBox: VisitorChatBox;
  readonly identity: Identity;
  readonly files: FileClaims;
  readonly rates: VisitorLimits;
  readonly clock: Clock;
  /** Whether a conversation begins when the chat is opened, or with the first message. */
  readonly createOn: "access" | "message";
  /** Where the picture that an author has elsewhere is on this server; `undefined` when it is not. */
  readonly avatarPath: (address: string) => string | undefined;
}

/** One visitor's conversation, which begins to exist with their first message. */
export class VisitorConversation {
  readonly #context: ConversationContext;
  readonly #visitor: Visitor;
  readonly #asker: Asker;
  readonly #about: JsonObject;
  readonly #connection: Connection;
  #exists = false;
  #creating: Promise<void> | undefined;
  /** The last message that is being prepared: those after it wait for their turn. */
  #preparing: Promise<unknown> | undefined;

  private constructor(context: ConversationContext, visitor: Visitor, asker: Asker, hello: HelloFrame) {
    this.#context = context;
    this.#visitor = visitor;
    this.#asker = asker;
    this.#about = aboutVisitor(visitor, hello);
    this.#connection = context.chatBox.connection(visitor.uid);
  }

  /** Opens the conversation of a visitor who has said hello. */
  static async open(
    context: ConversationContext,
    visitor: Visitor,
    asker: Asker,
    hello: HelloFrame,
  ): Promise<VisitorConversation> {
    const conversation = new VisitorConversation(context, visitor, asker, hello);
    // Whoever was just given an anonymous session cannot have written.
    if (visitor.issued === undefined || "subjectHash" in visitor.by) {
      conversation.#exists = await context.chatBox.worker1.connectionOf(visitor.uid) !== undefined;
    }
    if (conversation.#exists) await conversation.#access();
    else if (context.createOn === "access") await conversation.#createUnlessTooMany();
    return conversation;
  }

  /** Whether it has begun, as far as is known here. */
  get exists(): boolean {
    return this.#exists;
  }

  /** Whether the staff want to hear nothing from this visitor. */
  async isBlocked(): Promise<boolean> {
    return this.#exists && await this.#context.chatBox.worker1.isBlocked(this.#connection);
  }

  /** Listens to everything that happens from now on. */
  subscribe(listener: ConnectionListener): () => void {
    return this.#connection.subscribe((event) => {
      // Begun in another tab, perhaps.
      if (event.type === "message") this.#exists = true;
      listener(event);
    });
  }

  /** What changed since `after`, or the latest page when that is nothing, too much, or not from this history. */
  async catchUp(after: number): Promise<CaughtUp> {
    if (!this.#exists) return { rev: 0, messages: [], more: false, reset: after > 0 };
    if (after > 0) {
      const { rev, messages, overflow } = await this.#connection.messagesAfter(after, MAX_CATCH_UP);
      const changed = this.#view(messages);
      if (!overflow && after <= rev && newestThatFit(changed) === changed.length) {
        return { rev, messages: changed, more: (changed[0]?.seq ?? 1) > 1, reset: false };
      }
    }
    return { ...await this.#page(Infinity, WELCOME_PAGE), reset: after > 0 };
  }

  /** How far both ends have come. */
  async progress(): Promise<Progress> {
    if (!this.#exists) return { delivered: 0, read: 0, seen: 0 };
    const [staffs, own] = await Promise.all([this.#connection.watermarks(2), this.#connection.watermarks(1)]);
    return { delivered: staffs.delivered, read: staffs.read, seen: own.read };
  }

  /**
   * Stores a message; resolves when it is on disk. Messages are stored in the order of the calls.
   *
   * @throws {RateLimited} when it would begin a conversation, and too many have begun
   * @throws {Refusal} `not_found` for a file that is not the visitor's, or is another message's, and for the answer to a message
   * that was never there
   */
  send(frame: SendFrame, options: SendOptions): Promise<Appended> {
    const { files = [], replyTo } = frame;
    if (this.#preparing === undefined && this.#exists && files.length === 0 && replyTo === undefined) {
      return this.#append(frame, [], options);
    }
    // It takes its place now; what it waits for must not let a later one pass.
    const prepared = this.#prepare(frame, this.#preparing);
    const done = prepared.then((claimed) => this.#append(frame, claimed, options));
    const release = (): void => {
      if (this.#preparing === prepared) this.#preparing = undefined;
    };
    this.#preparing = prepared;
    prepared.then(release, release);
    return done;
  }

  async #prepare(
    { cid, files = [], replyTo }: SendFrame,
    before: Promise<unknown> | undefined,
  ): Promise<readonly FileReference[]> {
    // Whoever sent the one before is told if it failed; this one stands for itself.
    await before?.catch(() => undefined);
    if (replyTo !== undefined) await this.#mustHaveBeen(replyTo);
    if (!this.#exists) await this.#create();
    return files.length === 0 ? [] : await this.#claim(cid, files);
  }

  /** One that was removed since may be answered: resending such an answer must find the first one, and lose nobody's words. */
  async #mustHaveBeen(seq: number): Promise<void> {
    const newest = this.#exists ? (await this.#connection.messages({ limit: 1 })).messages.at(-1)?.seq : 0;
    if (seq > (newest ?? 0)) {
      throw new Refusal("not_found", `Cannot send: there is no message ${seq} to answer`);
    }
  }

  async #claim(cid: string, files: readonly string[]): Promise<readonly FileReference[]> {
    try {
      return await this.#context.files.claim(this.#visitor.uid, VISITOR_SIDE, cid, files);
    } catch (error) {
      if (!(error instanceof ChatBoxError) || error.code !== "not_found") throw error;
      const message = "Cannot send: a file is not one of yours that waits to be sent";
      throw new Refusal("not_found", message, { cause: error });
    }
  }

  #append(
    { cid, content, replyTo }: SendFrame,
    files: readonly FileReference[],
    options: SendOptions,
  ): Promise<Appended> {
    const draft = {
      cid,
      content,
      ...(replyTo !== undefined && { replyTo }),
      ...(files.length > 0 && { files }),
    };
    return this.#context.chatBox.worker1.sendIn(this.#connection, draft, options);
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
    const { messages, more } = await this.#page(before, limit);
    return { messages, more };
  }

  async #page(before: number, limit: number): Promise<Pick<CaughtUp, "rev" | "messages" | "more">> {
    const { rev, messages, more } = await this.#connection.messages({ before, limit });
    const views = this.#view(messages);
    const count = newestThatFit(views);
    return { rev, messages: views.slice(views.length - count), more: more || count < views.length };
  }

  #view(messages: readonly StoredMessage[]): readonly Message[] {
    return messages.map((message) => viewMessage(message, this.#context.avatarPath));
  }

  #create(): Promise<void> {
    return this.#creating ??= this.#begin().finally(() => this.#creating = undefined);
  }

  async #begin(): Promise<void> {
    const { chatBox, rates } = this.#context;
    // Another tab may have begun it.
    if (await chatBox.worker1.connectionOf(this.#visitor.uid) === undefined) {
      const waitMs = rates.newConversation(this.#asker);
      if (waitMs > 0) throw new RateLimited("begin a conversation", waitMs);
    }
    await this.#access();
  }

  /** Opening the chat is not refused: the conversation then begins with the first message. */
  async #createUnlessTooMany(): Promise<void> {
    try {
      await this.#create();
    } catch (error) {
      if (!(error instanceof RateLimited)) throw error;
    }
  }

  async #access(): Promise<void> {
    const { chatBox, identity } = this.#context;
    const { uid } = this.#visitor;
    await chatBox.worker1.accessNewClient(uid, { uid });
    await identity.save(this.#visitor);
    this.#exists = true;
    if (Object.keys(this.#about).length > 0) await this.#connection.properties.update(this.#about);
  }
}

/**
 * What staff may know of a visitor: the page, the language, and under `visitor` who they are, `verified` when their site's server
 * has signed it and claimed otherwise.
 */
function aboutVisitor({ by }: Visitor, { page, locale, identity }: HelloFrame): JsonObject {
  return { ...(page && { page: { ...page } }), ...(locale && { locale }), ...whoIs() };

  function whoIs(): JsonObject {
    if ("subject" in by) return { visitor: { ...by.subject, verified: true } };
    const { name, email } = identity ?? {};
    if (name === undefined && email === undefined) return {};
    return { visitor: { ...(name && { name }), ...(email && { email }), verified: false } };
  }
}
