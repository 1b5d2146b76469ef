import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import type { APIMessage } from "discord-api-types/v10";
import { launchBrowser } from "../../support/browser.ts";
import type { StaffMember } from "../../support/discord/mod.ts";
import { Wire } from "../../support/wire.ts";
import type { ServerProcess } from "../server_process.ts";
import { World } from "../world.ts";

export { RELAXED } from "../world.ts";

/** Many visitors come from one address here. */
const NO_LIMITS = {
  MAX_CONNECTIONS_PER_IP: "0",
  LIMIT_MESSAGES: "0",
  LIMIT_FRAMES: "0",
  LIMIT_SESSIONS: "0",
  LIMIT_UPLOADS: "0",
};

/** What a page complains about when its network is gone. */
const NETWORK_COMPLAINT = /WebSocket connection to|Failed to load resource|net::ERR_/;

/** The real server, the simulated Discord and a real browser; one a test file, started by the first who asks. */
export class Stage implements AsyncDisposable {
  readonly world: World;
  readonly wire = new Wire();
  readonly ada: StaffMember;
  readonly #browser: Browser;
  readonly #env: Record<string, string>;
  readonly #complaints: string[] = [];
  #server: ServerProcess;

  private constructor(world: World, server: ServerProcess, browser: Browser, env: Record<string, string>) {
    this.world = world;
    this.ada = world.discord.staff("ada");
    this.#server = server;
    this.#browser = browser;
    this.#env = env;
  }

  static async set(env: Record<string, string> = {}): Promise<Stage> {
    const world = await World.start();
    const all = { ...NO_LIMITS, ...env };
    const [server, browser] = await Promise.all([world.server(all), launchBrowser()]);
    const stage = new Stage(world, server, browser, all);
    stage.wire.lead(await server.url());
    return stage;
  }

  /** Where visitors find the chat, whichever server is behind it. */
  get url(): string {
    return this.wire.url;
  }

  /** Ends the server; nothing is there until {@link startServer}. */
  async stopServer(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    await this.#server.stop(signal);
  }

  /** Starts a server on the same database. */
  async startServer(env: Record<string, string> = {}): Promise<void> {
    this.#server = await this.world.server({ ...this.#env, ...env });
    this.wire.lead(await this.#server.url());
  }

  /** A browser of its own, as another person would have. */
  async context(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({
      viewport: { width: 900, height: 700 },
      locale: "en-GB",
      ...options,
    });
    // Only a failing test waits that long, or one on a machine with much else to do.
    context.setDefaultTimeout(20_000);
    return context;
  }

  /** Watches a page for errors and for what its policy blocked; the test file asks for them in the end. */
  watch(page: Page): void {
    page.on("pageerror", (error) => this.#complaints.push(String(error)));
    page.on("console", (line) => {
      const text = line.text();
      if (line.type() === "error" && !NETWORK_COMPLAINT.test(text)) this.#complaints.push(text);
    });
  }

  /** Takes what pages complained about so far. */
  takeComplaints(): string[] {
    return this.#complaints.splice(0);
  }

  /** A visitor with the chat open. */
  async visitor(options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await this.context(options);
    return await this.tab(context);
  }

  /** The chat in another tab of the same browser. */
  async tab(context: BrowserContext): Promise<Visitor> {
    const page = await context.newPage();
    this.watch(page);
    await page.goto(this.url);
    return new Visitor(page);
  }

  /** The thread that contains this text, once there is one. */
  async threadWith(text: string): Promise<string> {
    const { discord, forum } = this.world;
    const find = (): string | undefined =>
      discord.threads(forum).find(({ id }) => this.textOf(id).includes(text))?.id;
    return await discord.until(find, { what: `a thread with ${JSON.stringify(text)}` }) as string;
  }

  /** The messages of a thread. */
  messagesOf(thread: string): readonly APIMessage[] {
    return this.world.discord.messages(thread);
  }

  /** Everything written in a thread. */
  textOf(thread: string): string {
    return this.messagesOf(thread).map(({ content }) => content).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.wire[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }
}

/** Somebody with the chat open, on the page or in the widget's frame. */
export class Visitor implements AsyncDisposable {
  readonly page: Page;
  readonly composer: Locator;
  readonly messages: Locator;
  readonly #chat: Pick<Page, "locator" | "getByRole">;

  constructor(page: Page, chat: Pick<Page, "locator" | "getByRole"> = page) {
    this.page = page;
    this.#chat = chat;
    this.composer = chat.getByRole("textbox");
    this.messages = chat.locator("#messages");
  }

  /** Writes and presses Enter. */
  async write(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** Waits until the chat knows for whom it keeps what is written. */
  async writable(): Promise<void> {
    await this.#chat.locator("#text:not([readonly])").waitFor();
  }

  /** Waits until this is what is being written. */
  async holds(text: string): Promise<void> {
    await this.composer.evaluate((field, wanted) =>
      new Promise<void>((resolve, reject) => {
        const look = (looks: number): unknown => {
          const { value } = field as HTMLTextAreaElement;
          if (value === wanted) return resolve();
          if (looks > 600) return reject(new Error(`What is being written is ${value}`));
          return requestAnimationFrame(() => look(looks + 1));
        };
        look(0);
      }), text);
  }

  /** The rows with this text. */
  row(text: string): Locator {
    return this.messages.locator(".message").filter({ hasText: text });
  }

  /** Waits until a message has come so far. */
  async sees(text: string, progress?: "queued" | "sending" | "sent" | "delivered" | "read"): Promise<void> {
    const row = this.row(text);
    try {
      await (progress === undefined ? row : row.locator(`.progress-${progress}`)).first().waitFor({
        state: "attached",
      });
    } catch (cause) {
      const shown = await this.messages.innerHTML().catch(String);
      throw new Error(
        `${JSON.stringify(text)} did not come as far as ${progress ?? "here"}; shown is ${shown}`,
        { cause },
      );
    }
  }

  /** Waits until a picture stands beside a message, and gives its address. */
  async pictureBeside(text: string): Promise<string> {
    const picture = this.row(text).locator("img.avatar");
    await picture.waitFor();
    return await picture.evaluate((image: HTMLImageElement) => image.src);
  }

  /** The texts of the conversation, in order. */
  async texts(): Promise<string[]> {
    return await this.messages.locator(".message .content").allInnerTexts();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}
