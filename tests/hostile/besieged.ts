import { equal } from "node:assert/strict";
import { ServerProcess } from "../e2e/server_process.ts";
import { processState } from "../load/process_state.ts";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { SocketClient } from "../support/socket_client.ts";
import { within } from "../support/until.ts";

const MIB = 1024 * 1024;
/** How long a server may take to serve again, in milliseconds. */
const RECOVERY_MS = 20_000;
const LOOK_MS = 100;
/** How long the garbage collector may take to look at what is no longer used, in milliseconds: an idle program's is slow. */
const COLLECTED_MS = 60_000;

/** The attackers all come from the address of those who must be served. */
export const ANY_NUMBER_FROM_AN_ADDRESS = { MAX_CONNECTIONS_PER_IP: "0", LIMIT_SESSIONS: "0" };

/** A server with few descriptors, and a conversation between a visitor and the staff that an attack must not touch. */
export class Besieged implements AsyncDisposable {
  readonly url: string;
  readonly process: ServerProcess;
  readonly #discord: DiscordSimulator;
  readonly #folder: string;
  readonly #visitor: SocketClient;
  readonly #thread: string;
  readonly #memory: number;
  #messages = 0;

  private constructor(
    url: string,
    process: ServerProcess,
    discord: DiscordSimulator,
    folder: string,
    visitor: SocketClient,
    thread: string,
  ) {
    this.url = url;
    this.process = process;
    this.#discord = discord;
    this.#folder = folder;
    this.#visitor = visitor;
    this.#thread = thread;
    this.#memory = processState(process.pid).memory;
  }

  /**
   * Starts it and lets the two talk.
   *
   * @param openFiles how many descriptors it may have
   * @param env its settings; left out, an address may do what it likes
   */
  static async start(
    openFiles: number,
    env: Readonly<Record<string, string>> = ANY_NUMBER_FROM_AN_ADDRESS,
  ): Promise<Besieged> {
    const discord = await DiscordSimulator.start({ log: () => {} });
    const forum = discord.createForum("chatbox50");
    const folder = await Deno.makeTempDir();
    const process = await ServerProcess.start(
      folder,
      {
        DISCORD_TOKEN: discord.token,
        DISCORD_API_URL: discord.url,
        HOST: "127.0.0.1",
        PORT: "0",
        LOG_LEVEL: "info",
        ...env,
      },
      [],
      { openFiles },
    );
    const url = await process.url();
    const visitor = await SocketClient.hello(url);
    await visitor.nextOf("welcome");
    visitor.send({ type: "send", cid: "first", content: "hello" });
    await visitor.nextOf("delivered");
    const thread = String(discord.threads(forum)[0]?.id);
    const besieged = new Besieged(url, process, discord, folder, visitor, thread);
    await besieged.talk();
    return besieged;
  }

  /** The visitor writes and gets an ack, the staff writes and is heard. */
  async talk(): Promise<void> {
    const number = ++this.#messages;
    const { frames } = this.#visitor;
    const has = (text: string) => (frames: readonly unknown[]): boolean =>
      JSON.stringify(frames).includes(text);
    const acked = has(`"acks":[{"cid":"m${number}"`);
    for (;;) {
      const before = frames.items.length;
      this.#visitor.send({ type: "send", cid: `m${number}`, content: `question ${number}` });
      const answers = await frames.until(
        "the ack",
        (all) => acked(all) || refusedIn(all.slice(before)) !== undefined,
      );
      if (acked(answers)) break;
      // Who talks as long as it takes is asked to wait, and does.
      const { retryAfterMs } = refusedIn(answers.slice(before)) ?? {};
      await new Promise((resolve) => setTimeout(resolve, Number(retryAfterMs)));
    }
    this.#discord.staff("ada").say(this.#thread, `answer ${number}`);
    await frames.until("the answer", has(`"answer ${number}"`));
  }

  /** Whatever was written has reached the staff. */
  async arrived(): Promise<void> {
    const text = `question ${this.#messages}`;
    await this.#discord.until(
      () => this.#discord.messages(this.#thread).some(({ content }) => content.includes(text)),
      { timeoutMs: RECOVERY_MS, what: text },
    );
  }

  /** A new visitor is served, soon. */
  async servesNewVisitors(): Promise<void> {
    await within("a new visitor to be served", this.#serveOne(), RECOVERY_MS);
  }

  async #serveOne(): Promise<void> {
    for (;;) {
      try {
        await using visitor = await SocketClient.hello(this.url);
        await visitor.nextOf("welcome");
        visitor.send({ type: "send", cid: "a", content: "me, too" });
        await visitor.nextOf("acks");
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    }
  }

  /** Descriptors that are open now. */
  get descriptors(): number {
    return processState(this.process.pid).descriptors;
  }

  /** MiB more than at the beginning. */
  get grown(): number {
    return (processState(this.process.pid).memory - this.#memory) / MIB;
  }

  /** Waits until it has at most so many descriptors. */
  async closesDownTo(descriptors: number, limitMs = RECOVERY_MS): Promise<void> {
    const limit = performance.now() + limitMs;
    while (this.descriptors > descriptors && performance.now() < limit) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    equal(Math.max(this.descriptors, descriptors), descriptors, "descriptors");
  }

  /** Waits until at most so many MiB more than at the beginning are in use; the two go on talking, as they would. */
  async shrinksTo(mebibytes: number): Promise<void> {
    const limit = performance.now() + COLLECTED_MS;
    while (this.grown > mebibytes && performance.now() < limit) {
      await this.talk();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    equal(Math.max(this.grown, mebibytes), mebibytes, "MiB");
  }

  /** Ends it in good order. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#visitor[Symbol.asyncDispose]();
    await this.process[Symbol.asyncDispose]();
    await this.#discord.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** That a message was too many for now, among some frames. */
function refusedIn(
  frames: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<string, unknown>> | undefined {
  return frames.find(({ code }) => code === "rate_limited");
}
