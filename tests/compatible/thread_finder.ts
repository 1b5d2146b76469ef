import { type PublicApi, UnknownCall } from "./public_api.ts";

/** Finds a thread by its name. */
export interface ThreadFinder extends AsyncDisposable {
  /** How it looks, for the report. */
  readonly by: string;
  /** The id of a thread; `undefined` while there is none of that name. */
  find(name: string): Promise<string | undefined>;
}

/** GUILDS: threads are told, and nothing that is privileged. https://discord.com/developers/docs/events/gateway#list-of-intents */
const INTENTS = 1;

/**
 * Opens a finder before the thread is made: the list of active threads where the server has one, else what its gateway tells.
 *
 * @param channelId the channel of the thread
 * @param token the one that the gateway is asked with
 */
export async function openFinder(api: PublicApi, channelId: string, token: string): Promise<ThreadFinder> {
  try {
    const { guild_id: guild } = await api.object("GET", `/channels/${channelId}`);
    const list = async (): Promise<readonly unknown[]> => {
      const { threads } = await api.object("GET", `/guilds/${guild}/threads/active`);
      return Array.isArray(threads) ? threads : [];
    };
    await list();
    return {
      by: "the list of active threads",
      find: async (name) => idOf((await list()).find((thread) => field(thread, "name") === name)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  } catch (error) {
    if (!(error instanceof UnknownCall)) throw error;
    const { url } = await api.object("GET", "/gateway/bot");
    return await Listener.open(String(url), token);
  }
}

/** Listens at the gateway for threads that are made. https://discord.com/developers/docs/events/gateway#connecting */
class Listener implements ThreadFinder {
  readonly by = "the gateway, since the server does not list threads";
  readonly #socket: WebSocket;
  readonly #threads = new Map<string, string>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #closed: Promise<void>;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #seq: number | null = null;

  private constructor(url: string, token: string) {
    this.#socket = new WebSocket(`${url.replace(/\/?$/, "/")}?v=10&encoding=json`);
    this.#socket.onmessage = ({ data }) => this.#receive(JSON.parse(String(data)), token);
    this.#socket.onerror = () => this.#ready.reject(new Error("Cannot listen: the gateway does not answer"));
    this.#closed = new Promise((resolve) => {
      this.#socket.onclose = ({ code }) => {
        clearInterval(this.#heartbeat);
        this.#ready.reject(new Error(`Cannot listen: the gateway closes with ${code}`));
        resolve();
      };
    });
  }

  static async open(url: string, token: string): Promise<Listener> {
    const listener = new Listener(url, token);
    await listener.#ready.promise;
    return listener;
  }

  #receive(packet: Readonly<Record<string, unknown>>, token: string): void {
    const { op, t, d, s } = packet;
    if (typeof s === "number") this.#seq = s;
    if (op === 10) {
      const beat = (): void => this.#send(1, this.#seq);
      this.#heartbeat = setInterval(beat, Number(field(d, "heartbeat_interval")));
      const properties = { os: "linux", browser: "chatbox50", device: "chatbox50" };
      this.#send(2, { token, intents: INTENTS, properties });
    }
    if (t === "READY") this.#ready.resolve();
    const id = t === "THREAD_CREATE" ? idOf(d) : undefined;
    if (id !== undefined) this.#threads.set(String(field(d, "name")), id);
  }

  #send(op: number, d: unknown): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ op, d }));
  }

  find(name: string): Promise<string | undefined> {
    return Promise.resolve(this.#threads.get(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close(1000);
    await this.#closed;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function idOf(thread: unknown): string | undefined {
  const id = field(thread, "id");
  return typeof id === "string" ? id : undefined;
}
