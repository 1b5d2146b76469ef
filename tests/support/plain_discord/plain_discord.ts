import { PlainGateway } from "./plain_gateway.ts";
import { BOT, CHANNEL_ID, GUILD_ID, STAFF } from "./world.ts";

/** What a {@link PlainDiscord} is made with. */
export interface PlainOptions {
  /** Lists active threads, but none of them, as a server does that hides threads; 404 when left out. */
  readonly listsNothing?: boolean;
  /** Whether the server already listens; true when left out. */
  readonly listening?: boolean;
  readonly kind?: "forum" | "text";
}

/** A message as the server keeps it. */
export interface PlainMessage {
  readonly id: string;
  readonly channel_id: string;
  readonly author: { readonly id: string };
  readonly type: number;
  readonly content: string;
  /** None: this server has no webhooks. */
  readonly webhook_id?: string;
}

interface Thread {
  readonly id: string;
  readonly name: string;
  readonly parent_id: string;
  readonly guild_id: string;
  readonly type: 11;
}

/** A request that came in. */
export interface PlainRequest {
  readonly method: string;
  readonly path: string;
}

const NOT_FOUND = { code: 0, message: "404: Not Found" };

/**
 * A minimal server: no lists of threads, no PATCH and no DELETE (404), no rate-limit headers, nonces ignored, and the
 * gateway tells of a message before its POST is answered.
 */
export class PlainDiscord implements AsyncDisposable {
  /** No base64 of the bot's id. */
  readonly token = "abc.def.ghi";
  /** Of a second account, which may write as staff. */
  readonly staffToken = "jkl.mno.pqr";
  readonly botId = BOT.id;
  readonly channelId = CHANNEL_ID;
  readonly requests: PlainRequest[] = [];
  readonly gateway: PlainGateway;
  readonly #options: PlainOptions;
  readonly #threads: Thread[] = [];
  readonly #messages = new Map<string, PlainMessage[]>();
  readonly #watchers = new Set<() => void>();
  readonly #gatewayServer: Deno.HttpServer<Deno.NetAddr>;
  readonly #refusals: { readonly test: (content: string) => boolean; readonly body: unknown }[] = [];
  #rest: Deno.HttpServer<Deno.NetAddr> | undefined;
  #port = 0;
  #lastId = 500_000_000_000_000_000n;
  #losses = 0;
  #silence: Promise<void> | undefined;

  private constructor(options: PlainOptions) {
    this.#options = options;
    this.gateway = new PlainGateway(options.kind === "forum" ? 15 : 0);
    // A port of its own, so that REST can be out of reach while the gateway is there.
    this.#gatewayServer = serve(0, async (request) => {
      await this.#silence;
      return this.gateway.accept(request);
    });
  }

  /** Starts a server. */
  static async start(options: PlainOptions = {}): Promise<PlainDiscord> {
    const server = new PlainDiscord(options);
    server.listen();
    if (options.listening === false) await server.hangUp();
    return server;
  }

  /** Base of the REST API. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/api`;
  }

  /** What has been asked, for a failing test. */
  get transcript(): { toString(): string } {
    return { toString: () => this.requests.map(({ method, path }) => `${method} ${path}`).join("\n") };
  }

  /** Answers REST calls, on the same port as before. */
  listen(): void {
    this.#rest ??= serve(this.#port, (request) => this.#answer(request));
    this.#port = this.#rest.addr.port;
  }

  /** Refuses connections for REST calls until the next {@link PlainDiscord.listen}. */
  async hangUp(): Promise<void> {
    const server = this.#rest;
    this.#rest = undefined;
    await server?.shutdown();
  }

  /** Takes requests from now on and answers none, and cuts the gateway. @returns lets them go */
  silence(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#silence = promise;
    this.gateway.drop();
    return resolve;
  }

  /** Does the next thread's making, and answers 500 instead. */
  loseNextThread(): void {
    this.#losses++;
  }

  /** Refuses messages, as AutoMod does. */
  refuse(test: (content: string) => boolean, body: unknown): void {
    this.#refusals.push({ test, body });
  }

  /** Calls back whenever something has changed. @returns ends it */
  onChange(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** The threads. */
  threads(): readonly Thread[] {
    return this.#threads;
  }

  /** What stands in a channel, oldest first. */
  messages(channelId: string): readonly PlainMessage[] {
    return this.#messages.get(channelId) ?? [];
  }

  /** Somebody of the staff writes. */
  say(threadId: string, content: string): PlainMessage {
    return this.#add(threadId, STAFF, content);
  }

  #add(
    channelId: string,
    author: { readonly id: string },
    content: string,
    id = this.#newId(),
  ): PlainMessage {
    const message = {
      id,
      channel_id: channelId,
      author,
      content,
      type: 0,
      timestamp: new Date(0).toISOString(),
      edited_timestamp: null,
      mentions: [],
      attachments: [],
      embeds: [],
    };
    this.#messages.set(channelId, [...this.messages(channelId), message]);
    this.gateway.dispatch("MESSAGE_CREATE", { ...message, guild_id: GUILD_ID });
    this.#changed();
    return message;
  }

  #newId(): string {
    return String(++this.#lastId);
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const path = pathname.replace(/^\/api(\/v\d+)?/, "");
    this.requests.push({ method: request.method, path });
    const body = request.method === "POST" ? await request.json() : {};
    this.#changed();
    await this.#silence;
    const [, channelId = "", rest] = /^\/channels\/(\d+)\/(threads|messages)$/.exec(path) ?? [];
    switch (`${request.method} ${rest ?? path}`) {
      case "GET /gateway/bot":
        return Response.json({ url: `ws://127.0.0.1:${this.#gatewayServer.addr.port}/` });
      case "POST threads":
        return this.#makeThread(channelId, body);
      case "POST messages":
        return this.#post(channelId, String(body.content ?? ""), this.#authorOf(request));
      case "GET messages":
        return Response.json(this.#after(channelId, searchParams));
    }
    if (this.#options.listsNothing && path.includes("/threads/")) {
      return Response.json({ threads: [], members: [], has_more: false });
    }
    return Response.json(NOT_FOUND, { status: 404 });
  }

  #makeThread(parent: string, { name, message }: Record<string, unknown>): Response {
    if (parent !== CHANNEL_ID) return Response.json(NOT_FOUND, { status: 404 });
    const thread = {
      id: this.#newId(),
      name: String(name),
      parent_id: parent,
      guild_id: GUILD_ID,
      type: 11,
    } as const;
    this.#threads.push(thread);
    this.gateway.dispatch("THREAD_CREATE", { ...thread, newly_created: true });
    const content = (message as { content?: unknown } | undefined)?.content;
    if (typeof content === "string") this.#add(thread.id, BOT, content, thread.id);
    this.#changed();
    if (this.#losses > 0) {
      this.#losses--;
      return new Response(null, { status: 500 });
    }
    return Response.json(thread, { status: 201 });
  }

  #authorOf(request: Request): { readonly id: string } {
    return request.headers.get("authorization") === `Bot ${this.staffToken}` ? STAFF : BOT;
  }

  #post(channelId: string, content: string, author: { readonly id: string }): Response {
    if (!this.#threads.some(({ id }) => id === channelId)) {
      return Response.json({ code: 10003, message: "Unknown Channel" }, { status: 404 });
    }
    const refusal = this.#refusals.find(({ test }) => test(content));
    if (refusal !== undefined) return Response.json(refusal.body, { status: 400 });
    if (content.trim() === "") {
      return Response.json({ code: 50006, message: "Cannot send an empty message" }, { status: 400 });
    }
    return Response.json(this.#add(channelId, author, content));
  }

  #after(channelId: string, query: URLSearchParams): readonly PlainMessage[] {
    const after = BigInt(query.get("after") ?? 0);
    return this.messages(channelId).filter(({ id }) => BigInt(id) > after).slice(
      0,
      Number(query.get("limit") ?? 50),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.gateway.drop();
    await Promise.all([this.hangUp(), this.#gatewayServer.shutdown()]);
  }
}

function serve(port: number, handler: Deno.ServeHandler): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: "127.0.0.1", port, onListen: () => {}, onError: () => Response.error() },
    handler,
  );
}
