import { type PublicApi, UnknownCall } from "./public_api.ts";

/** Whoever plays staff: does what is asked, or, when it is a person, is told to. */
export interface Staff {
  /** For the report. */
  readonly who: string;
  /** Says something in the thread; it becomes what the next two are about. */
  say(text: string): Promise<void>;
  edit(text: string): Promise<void>;
  remove(): Promise<void>;
  /** A person uses /close; a bot cannot use slash commands, and archives the thread. */
  close(): Promise<void>;
  readonly closesBy: "/close" | "archiving";
}

/**
 * A role of a bot: another bot is heard by visitors only as a member with the staff's role. One that was invited with permissions has a
 * role of its own.
 *
 * @returns its id; `undefined` where the server does not tell, and so may not tell bots from people either
 * @throws {Error} when it has none
 */
export async function roleOf(bot: PublicApi, channelId: string): Promise<string | undefined> {
  try {
    const { guild_id: guild } = await bot.object("GET", `/channels/${channelId}`);
    const { id } = await bot.object("GET", "/users/@me");
    const { roles } = await bot.object("GET", `/guilds/${guild}/members/${id}`);
    const [role] = Array.isArray(roles) ? roles : [];
    if (role === undefined) throw new Error("the second bot has no role, give it one: only so it is heard");
    return String(role);
  } catch (error) {
    if (error instanceof UnknownCall) return undefined;
    throw error;
  }
}

/** A second bot, by the public API. */
export class BotStaff implements Staff {
  readonly who = "a second bot";
  readonly closesBy = "archiving";
  readonly #api: PublicApi;
  readonly #thread: string;
  #said = "";

  constructor(api: PublicApi, thread: string) {
    this.#api = api;
    this.#thread = thread;
  }

  async say(content: string): Promise<void> {
    const { id } = await this.#api.object("POST", `/channels/${this.#thread}/messages`, { content });
    this.#said = `/channels/${this.#thread}/messages/${id}`;
  }

  async edit(content: string): Promise<void> {
    await this.#api.ask("PATCH", this.#said, { content });
  }

  async remove(): Promise<void> {
    await this.#api.ask("DELETE", this.#said);
  }

  async close(): Promise<void> {
    await this.#api.ask("PATCH", `/channels/${this.#thread}`, { archived: true });
  }
}

/** A person, who reads on the terminal what to do in Discord. */
export class PersonAsStaff implements Staff {
  readonly who = "you";
  readonly closesBy = "/close";
  readonly #tell: (line: string) => void;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  say(text: string): Promise<void> {
    return this.#do(`write in the visitor's thread: ${text}`);
  }

  edit(text: string): Promise<void> {
    return this.#do(`change that message to: ${text}`);
  }

  remove(): Promise<void> {
    return this.#do("delete that message");
  }

  close(): Promise<void> {
    return this.#do("use /close in the thread");
  }

  #do(what: string): Promise<void> {
    this.#tell(`  >> now you: ${what}`);
    return Promise.resolve();
  }
}
