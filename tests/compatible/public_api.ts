/** Discord's public REST API as its documentation has it, for one token, with nothing of ChatBox50's own in between. */

/** https://discord.com/developers/docs/reference#user-agent */
const USER_AGENT = "DiscordBot (ChatBox50 test:compatible, 1)";

/** A message, as far as it is looked at. */
export interface ApiMessage {
  readonly id: string;
  readonly content: string;
}

/** The server does not have a call. */
export class UnknownCall extends Error {
  override readonly name = "UnknownCall";
}

/** Calls with one token. */
export class PublicApi {
  readonly #base: string;
  readonly #token: string;

  /** @param base of the REST API, with its version */
  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  /**
   * Asks, again as long as the server wants to be asked later.
   *
   * @returns the JSON of the answer, `undefined` when there is none
   * @throws {UnknownCall} when the server does not know the call
   * @throws {Error} when it refuses
   */
  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    for (;;) {
      const response = await fetch(`${this.#base}${path}`, {
        method,
        headers: {
          authorization: `Bot ${this.#token}`,
          "user-agent": USER_AGENT,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.status === 429) {
        const seconds = Number(response.headers.get("retry-after") ?? 1);
        await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
        continue;
      }
      if (response.ok) return text === "" ? undefined : JSON.parse(text);
      const what = `${method} ${path} was answered ${response.status} ${text.slice(0, 200)}`;
      const isUnknown = [404, 405, 501].includes(response.status) && !/"code":\s*1\d{4}\b/.test(text);
      throw isUnknown ? new UnknownCall(what) : new Error(`Cannot go on: ${what}`);
    }
  }

  /** Asks for an object. */
  async object(method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> {
    const value = await this.ask(method, path, body);
    if (typeof value !== "object" || value === null) throw new Error(`Cannot go on: ${path} gives no object`);
    return Object.fromEntries(Object.entries(value));
  }

  /** The last messages of a thread. */
  async messages(thread: string): Promise<readonly ApiMessage[]> {
    const list = await this.ask("GET", `/channels/${thread}/messages?limit=100`);
    if (!Array.isArray(list)) throw new Error("Cannot go on: the messages are no list");
    return list.map(({ id, content }) => ({ id: String(id), content: String(content) }));
  }
}
