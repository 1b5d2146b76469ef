import assert from "node:assert/strict";
import {
  ChatBox,
  type FileReference,
  MemoryStore,
  type Message,
  type Store,
  type Uuid,
  uuid,
} from "../../src/core/mod.ts";
import { systemClock } from "../../src/core/mod.ts";
import {
  DiscordService,
  type DiscordServiceOptions,
  type Snowflake,
  snowflake,
} from "../../src/discord/mod.ts";
import { DiscordSimulator, type SimulatorOptions } from "../support/discord/mod.ts";
import { unguarded } from "./mention_watch.ts";

/** A line that was logged. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What a bridge is made with. */
export interface BridgeOptions extends Partial<Omit<DiscordServiceOptions, "worker" | "logger">> {
  /** Keep everything in this one; in memory when left out. */
  readonly store?: Store;
  readonly retryBaseMs?: number;
}

/** A store in memory that outlives the ChatBox that closes it, as a disk does. */
export class LastingStore extends MemoryStore {
  override close(): Promise<void> {
    return Promise.resolve();
  }
}

/** What plays Discord: the simulator, or a plain server. */
export interface DiscordStage {
  readonly token: string;
  readonly url: string;
  readonly botId: string;
  readonly transcript: { toString(): string };
  onChange(watcher: () => void): () => void;
  threads(): readonly { readonly id: string; readonly name?: string | null }[];
  messages(channelId: string): readonly {
    readonly author: { readonly id: string };
    readonly webhook_id?: string | undefined;
    readonly type: number;
    readonly content: string;
  }[];
}

/** A ChatBox between visitors, played by the test, and Discord, played by the simulator. */
export class Bridge<Stage extends DiscordStage = DiscordSimulator> implements AsyncDisposable {
  readonly chatBox: ChatBox<Uuid, Snowflake>;
  readonly service: DiscordService;
  readonly log: LogLine[] = [];
  readonly discord: Stage;
  readonly #watchers = new Set<() => void>();
  readonly #unwatch: () => void;

  private constructor(discord: Stage, options: BridgeOptions) {
    const { store, retryBaseMs = 5, ...rest } = options;
    const line =
      (level: string) => (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
        this.log.push({ level, message, fields });
        // The line may stand before the change that it tells of.
        queueMicrotask(() => this.notify());
      };
    const logger = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
    this.discord = discord;
    this.#unwatch = discord.onChange(() => this.notify());
    this.chatBox = new ChatBox<Uuid, Snowflake>({
      name: "test",
      service1: { name: "web", idType: uuid, durable: false },
      service2: { name: "discord", idType: snowflake, pairAt: "message" },
      ...(store === undefined ? { debug: true } : { store }),
      logger,
      retryBaseMs,
      retryMaxMs: 200,
    });
    this.service = new DiscordService({
      token: discord.token,
      apiUrl: discord.url,
      clock: systemClock,
      random: () => 0,
      ...rest,
      worker: this.chatBox.worker2,
      logger,
    });
  }

  /** Starts a bridge. */
  static async start<Stage extends DiscordStage>(
    discord: Stage,
    options: BridgeOptions = {},
  ): Promise<Bridge<Stage>> {
    const bridge = new Bridge(discord, options);
    await bridge.chatBox.start();
    bridge.service.start();
    return bridge;
  }

  /** Waits until conversations flow. */
  async ready(): Promise<this> {
    await this.until(() => this.service.status.ready, "the bridge to be ready");
    return this;
  }

  /** Something happened at either end, or in between. */
  notify(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Waits for something that either end does, or that is logged. */
  until<T>(condition: () => T, what: string): Promise<Truthy<T>> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const value = condition();
        if (!value) return;
        end();
        resolve(value as Truthy<T>);
      };
      const timer = setTimeout(() => {
        end();
        const log = this.log.map(({ level, message, fields }) =>
          `${level} ${message} ${Deno.inspect(fields)}`
        );
        reject(
          new Error(`Waited in vain for ${what}\n${log.join("\n")}\n${this.discord.transcript.toString()}`),
        );
      }, 10_000);
      const end = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** The lines that were logged with a level. */
  logged(level: string): readonly string[] {
    return this.log.filter((line) => line.level === level).map(({ message }) => message);
  }

  /** A visitor comes. */
  async visitor(): Promise<Visitor> {
    const uid = await this.chatBox.worker1.accessNewClient();
    const connection = await this.chatBox.worker1.connectionOf(uid);
    if (connection === undefined) throw new Error("Cannot find the visitor who just came");
    return new Visitor(this, uid, connection);
  }

  /** A visitor comes back, after a restart. */
  async returning(uid: Uuid): Promise<Visitor> {
    const connection = await this.chatBox.worker1.connectionOf(uid);
    if (connection === undefined) throw new Error(`Cannot find visitor ${uid}`);
    const visitor = new Visitor(this, uid, connection);
    const { messages } = await connection.messages();
    for (const message of messages) visitor.seen.set(message.seq, message);
    return visitor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.stop();
    await this.chatBox.close();
    this.#unwatch();
    if (this.discord instanceof DiscordSimulator) assert.deepEqual(unguarded(this.discord.requests), []);
  }
}

type Truthy<T> = Exclude<T, undefined | null | false | 0 | "">;

type ChatConnection = NonNullable<Awaited<ReturnType<ChatBox<Uuid, Snowflake>["worker1"]["connectionOf"]>>>;

/** A visitor as a test plays them. */
export class Visitor {
  readonly uid: Uuid;
  readonly connection: ChatConnection;
  readonly seen = new Map<number, Message>();
  readonly typists: string[] = [];
  /** The last message of theirs that staff have read. */
  readBy = 0;
  /** The last message of theirs whose arrival was told. */
  arrived = 0;
  readonly #bridge: Bridge<DiscordStage>;

  constructor(bridge: Bridge<DiscordStage>, uid: Uuid, connection: ChatConnection) {
    this.#bridge = bridge;
    this.uid = uid;
    this.connection = connection;
    connection.subscribe((event) => {
      if (event.type === "message") this.seen.set(event.message.seq, event.message);
      if (event.type === "delivered" && event.side === 1) this.arrived = event.seq;
      if (event.type === "read" && event.side === 1) this.readBy = event.seq;
      if (event.type === "typing" && event.side === 2) this.typists.push(event.name);
      bridge.notify();
    });
  }

  /** Writes. */
  async say(content: string, replyTo?: number, files: readonly FileReference[] = []): Promise<Message> {
    const send = this.#bridge.chatBox.worker1.getMessageSender(this.uid);
    return await send({
      content,
      ...(replyTo !== undefined && { replyTo }),
      ...(files.length > 0 && { files }),
    });
  }

  /** Changes a message of their own. */
  async edit(seq: number, content: string): Promise<void> {
    await this.#bridge.chatBox.worker1.edit(this.uid, seq, content);
  }

  /** Takes a message of their own back. */
  async delete(seq: number): Promise<void> {
    await this.#bridge.chatBox.worker1.delete(this.uid, seq);
  }

  /** What staff have said, as it stands now. */
  get heard(): readonly Message[] {
    return [...this.seen.values()].filter((message) => message.side === 2);
  }

  /** Their texts. */
  get texts(): readonly string[] {
    return this.heard.filter((message) => message.deletedAt === undefined).map((message) => message.content);
  }

  /** The visitor's thread on Discord, once there is one. */
  get thread(): string | undefined {
    return this.#bridge.discord.threads().find(({ name }) =>
      name === this.uid || name?.endsWith(`(${this.uid.slice(0, 8)})`)
    )?.id;
  }

  /** What stands in the thread, without the starter and what Discord itself says. */
  get delivered(): readonly string[] {
    const { discord } = this.#bridge;
    const messages = this.thread === undefined ? [] : discord.messages(this.thread);
    return messages.filter(({ author, type, content, webhook_id: webhook }) =>
      (author.id === discord.botId || webhook !== undefined) && (type === 0 || type === 19) &&
      !content.startsWith("**New conversation**")
    ).map(({ content }) => content);
  }

  /** Waits for something that either end does. */
  until<T>(condition: () => T, what: string): Promise<Truthy<T>> {
    return this.#bridge.until(condition, what);
  }

  /** Waits until so many messages stand in the thread. */
  async untilDelivered(count: number): Promise<string> {
    return await this.until(
      () => this.delivered.length >= count && this.thread,
      `${count} messages in Discord`,
    );
  }

  /** Waits until the visitor has heard so many messages. */
  async untilHeard(count: number): Promise<readonly Message[]> {
    return await this.until(() => this.heard.length >= count && this.heard, `${count} messages from staff`);
  }
}

/** Runs a test against a fresh simulator with a forum, or a text channel, named `chatbox50`. */
export async function withDiscord(
  work: (discord: DiscordSimulator, channel: string) => Promise<void>,
  options: SimulatorOptions & { readonly kind?: "forum" | "text"; readonly tags?: readonly string[] } = {},
): Promise<void> {
  const { kind = "forum", tags = [], ...simulator } = options;
  await using discord = await DiscordSimulator.start(simulator);
  const channel = kind === "forum"
    ? discord.createForum("chatbox50", { tags })
    : discord.createTextChannel("chatbox50");
  await work(discord, channel);
}
