import { deepEqual, equal } from "node:assert/strict";
import { ServerProcess } from "../e2e/server_process.ts";
import { DiscordSimulator, type StaffMember } from "../support/discord/mod.ts";
import { within } from "../support/until.ts";
import { Wire } from "../support/wire.ts";
import { readStored, type Stored } from "./stored.ts";
import { type Promised, Talker } from "./talker.ts";

const TALKERS = 8;
/** How often the staff writes in one of the threads, in milliseconds. */
const STAFF_EVERY_MS = 7;
const SETTLE_LIMIT_MS = 60_000;

/** A server that is killed and started again, visitors who go on writing, and staff who answers all the time. */
export class CrashWorld implements AsyncDisposable {
  readonly talkers: readonly Talker[];
  readonly #discord: DiscordSimulator;
  readonly #forum: string;
  readonly #folder: string;
  /** Between the visitors and the server: answers that the server has given can be kept from them. */
  readonly #wire = new Wire();
  readonly #staff: StaffMember;
  /** What the staff wrote, by thread. */
  readonly #said = new Map<string, string[]>();
  #staffTimer: ReturnType<typeof setInterval> | undefined;
  #server: ServerProcess | undefined;
  #acks = 0;
  #watch: { readonly acks: number; readonly reached: () => void } | undefined;

  private constructor(discord: DiscordSimulator, folder: string) {
    this.#discord = discord;
    this.#forum = discord.createForum("chatbox50");
    this.#staff = discord.staff("ada");
    this.#folder = folder;
    this.talkers = Array.from(
      { length: TALKERS },
      (_, index) => new Talker(`v${index}`, this.#wire.url, () => this.#acked()),
    );
    this.#staffTimer = setInterval(() => this.#answer(), STAFF_EVERY_MS);
  }

  static async make(): Promise<CrashWorld> {
    const discord = await DiscordSimulator.start({ log: () => {} });
    return new CrashWorld(discord, await Deno.makeTempDir());
  }

  /** All acks so far. */
  get acks(): number {
    return this.#acks;
  }

  /** All that the staff has written so far. */
  get answers(): number {
    return [...this.#said.values()].reduce((sum, said) => sum + said.length, 0);
  }

  #acked(): void {
    this.#acks++;
    const watch = this.#watch;
    if (watch === undefined || this.#acks < watch.acks) return;
    this.#watch = undefined;
    watch.reached();
  }

  /** Acts in the very turn in which the so many-th ack from now is read: what was acked too early is not on disk yet. */
  async #atAck<T>(acks: number, act: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<{ readonly acted: Promise<T> }>();
    this.#watch = { acks: this.#acks + acks, reached: () => resolve({ acted: act() }) };
    const { acted } = await within(`${acks} acks`, promise, SETTLE_LIMIT_MS);
    return await acted;
  }

  #answer(): void {
    const threads = this.#discord.threads(this.#forum);
    const thread = threads[Math.floor(Math.random() * threads.length)];
    if (thread === undefined) return;
    const said = this.#said.get(thread.id) ?? [];
    this.#said.set(thread.id, said);
    const text = `s${said.length + 1}`;
    this.#staff.say(thread.id, text);
    said.push(text);
  }

  /** How many messages the visitors had to send again. */
  get resent(): number {
    return this.talkers.reduce((sum, { resent }) => sum + resent, 0);
  }

  /** How many messages the visitors have changed or deleted. */
  get changes(): number {
    return this.talkers.reduce((sum, { changes }) => sum + changes, 0);
  }

  /**
   * Starts the server and kills it at the so many-th ack, in the same turn; or first keeps its answers from the visitors for a moment: what it
   * has stored and acked meanwhile is sent again.
   *
   * @param deafMs how long the visitors hear nothing before the kill; 0 kills at once
   */
  async round(acks: number, deafMs: number): Promise<void> {
    await this.start();
    await this.#atAck(acks, async () => {
      if (deafMs > 0) {
        this.#wire.deafen();
        await new Promise((done) => setTimeout(done, deafMs));
      }
      await this.#server?.stop("SIGKILL");
      this.#wire.cut();
    });
  }

  /** Starts the server; the visitors' clients try at once. */
  async start(): Promise<void> {
    this.#server = await ServerProcess.start(this.#folder, {
      DISCORD_TOKEN: this.#discord.token,
      DISCORD_API_URL: this.#discord.url,
      HOST: "127.0.0.1",
      PORT: "0",
      LOG_LEVEL: "info",
      LIMIT_MESSAGES: "0",
      LIMIT_FRAMES: "0",
      LIMIT_SESSIONS: "0",
      MAX_CONNECTIONS_PER_IP: "0",
    });
    this.#wire.lead(await this.#server.url());
    this.#wire.restore();
    for (const talker of this.talkers) talker.wake();
  }

  /**
   * Copies the database and its log at the so many-th ack, in the same turn, as a power cut would leave them: the process stands still
   * meanwhile.
   *
   * @returns what had been told to the visitors before it, by uid
   */
  copy(acks: number, to: string): Promise<ReadonlyMap<string, readonly Promised[]>> {
    return this.#atAck(acks, () => this.#copy(to));
  }

  async #copy(to: string): Promise<ReadonlyMap<string, readonly Promised[]>> {
    const pid = this.#server?.pid ?? 0;
    Deno.kill(pid, "SIGSTOP");
    try {
      const acked = new Map(this.talkers.map((talker) => [talker.uid ?? "", talker.promised]));
      for (const suffix of ["", "-wal"]) {
        await Deno.copyFile(`${this.#folder}/chatbox50.db${suffix}`, `${to}${suffix}`);
      }
      return acked;
    } finally {
      Deno.kill(pid, "SIGCONT");
    }
  }

  /** Everybody falls silent; waits until nothing is on its way any more, and ends the server in good order. */
  async settle(): Promise<void> {
    clearInterval(this.#staffTimer);
    for (const talker of this.talkers) talker.fallSilent();
    const limit = performance.now() + SETTLE_LIMIT_MS;
    while (!this.#settled() && performance.now() < limit) await new Promise((done) => setTimeout(done, 20));
    equal((await this.#server?.stop())?.code, 0);
  }

  #settled(): boolean {
    return this.talkers.every((talker) => {
      const thread = this.#threadOf(talker);
      return talker.pending === 0 && this.#arrived(thread).join() === talker.written.join() &&
        talker.heard.size >= (this.#said.get(thread)?.length ?? 0);
    });
  }

  #threadOf({ uid }: Talker): string {
    return this.#discord.threads(this.#forum).find(({ name }) => name === uid)?.id ?? "";
  }

  /** What Discord has of a visitor's, in order; several messages may share one of Discord's. */
  #arrived(thread: string): readonly string[] {
    const own = this.#discord.messages(thread).filter(({ author }) => author.id !== this.#staff.id);
    return own.flatMap(({ content }) => content.match(/\bv\d+-\d+x?\b/g) ?? []);
  }

  /** Nothing acked is lost, nothing is there twice, everything is in order: in the database, on Discord, at the visitors. */
  async check(): Promise<void> {
    const stored = await readStored(
      `${this.#folder}/chatbox50.db`,
      this.talkers.map(({ uid }) => uid ?? ""),
    );
    equal(this.#discord.threads(this.#forum).length, this.talkers.length);
    for (const talker of this.talkers) {
      const thread = this.#threadOf(talker);
      const said = this.#said.get(thread) ?? [];
      const own = stored.get(talker.uid ?? "") ?? [];
      deepEqual(own.filter(({ side }) => side === 1).length, talker.sent);
      deepEqual(
        own.filter(({ content }) => content.startsWith("v")).map(({ content }) => content),
        talker.written,
      );
      deepEqual(own.filter(({ content }) => content.startsWith("s")).map(({ content }) => content), said);
      deepEqual(this.#arrived(thread), talker.written);
      const heard = [...talker.heard].sort(([a], [b]) => a - b).map(([, content]) => content);
      deepEqual(heard, said);
      checkAcks(talker, own);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#staffTimer);
    for (const talker of this.talkers) talker[Symbol.dispose]();
    await this.#wire[Symbol.asyncDispose]();
    await this.#server?.[Symbol.asyncDispose]();
    await this.#discord.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Each acked message is stored once, under the one `seq` of its acks, as it was last changed. */
function checkAcks(talker: Talker, stored: readonly Stored[]): void {
  const bySeq = new Map(stored.map(({ seq, content }) => [seq, content]));
  for (const [text, seqs] of talker.acked) {
    equal(seqs.size, 1, `${text} was acked as ${[...seqs].join(" and ")}`);
    const [seq = 0] = seqs;
    equal(bySeq.get(seq), talker.finally(text), text);
  }
}
