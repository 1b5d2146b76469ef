import { type Frame, SocketClient } from "../support/socket_client.ts";
import type { World } from "./world.ts";

/** A visitor and the staff who talk while something is wrong with the disk. */
export class DiskVisitor implements AsyncDisposable {
  readonly #world: World;
  readonly #url: string;
  readonly #session: string;
  readonly #socket: SocketClient;
  readonly #thread: string;
  /** How many frames had come when a message was sent last. */
  readonly #sentAt = new Map<string, number>();

  private constructor(world: World, url: string, session: string, socket: SocketClient, thread: string) {
    this.#world = world;
    this.#url = url;
    this.#session = session;
    this.#socket = socket;
    this.#thread = thread;
  }

  /** Says hello and writes `first`, which arrives at the staff. */
  static async arrive(world: World, url: string): Promise<DiskVisitor> {
    const socket = await SocketClient.hello(url);
    const { session } = await socket.nextOf("welcome");
    socket.send({ type: "send", cid: "first", content: "first" });
    await socket.nextOf("delivered");
    return new DiskVisitor(
      world,
      url,
      String(session),
      socket,
      String(world.discord.threads(world.forum)[0]?.id),
    );
  }

  /** Writes, and waits for the ack or the error; the text is its own `cid` at the beginning. */
  async write(cid: string, content = cid): Promise<Frame> {
    this.send(cid, content);
    return await this.answerTo(cid);
  }

  /** Writes, and waits for nothing. */
  send(cid: string, content = cid): void {
    this.#sentAt.set(cid, this.#socket.frames.items.length);
    this.#socket.send({ type: "send", cid, content });
  }

  /** What the server says to a message. */
  async answerTo(cid: string): Promise<Frame> {
    await this.#socket.frames.until(`an answer to ${cid}`, () => this.hasAnswerTo(cid));
    const answer = this.#answers(cid).at(-1);
    if (answer === undefined) throw new Error("there is no answer");
    return answer;
  }

  /** Whether the server has answered a message, since it was sent last. */
  hasAnswerTo(cid: string): boolean {
    return this.#answers(cid).length > 0;
  }

  #answers(cid: string): readonly Frame[] {
    return this.#socket.frames.items.slice(this.#sentAt.get(cid) ?? 0)
      .filter((frame) => JSON.stringify(frame).includes(`"cid":"${cid}"`));
  }

  /** The staff writes in the visitor's thread. */
  staffSays(text: string): void {
    this.#world.discord.staff("ada").say(this.#thread, text);
  }

  /** Uploads a small file; gives the status. */
  async upload(): Promise<number> {
    const response = await fetch(`${this.#url}/upload`, {
      method: "POST",
      headers: { Authorization: `Bearer ${this.#session}`, "X-File-Name": "a.txt" },
      body: "some text",
    });
    await response.body?.cancel();
    return response.status;
  }

  /** Reads a page back, which needs no writing. */
  async readsBack(): Promise<void> {
    const pages = (): number => this.#socket.frames.items.filter(({ type }) => type === "history").length;
    const before = pages();
    this.#socket.send({ type: "history", before: 10, limit: 10 });
    await this.#socket.frames.until("a page of history", () => pages() > before);
  }

  /** All that is stored of the conversation, up to the first `x` of each message. */
  async history(url: string = this.#url): Promise<readonly string[]> {
    await using visitor = await SocketClient.hello(url, this.#session);
    await visitor.nextOf("welcome");
    const contents: string[] = [];
    for (let before = 1_000_000; before > 1;) {
      visitor.send({ type: "history", before, limit: 100 });
      const { messages } = await visitor.nextOf("history") as unknown as {
        messages: { seq: number; content: string }[];
      };
      contents.unshift(...messages.map(({ content }) => content.replace(/x.*$/, "")));
      before = messages[0]?.seq ?? 1;
    }
    return contents;
  }

  /** Waits until what the staff wrote is in the conversation. */
  async hears(text: string): Promise<void> {
    await this.#socket.frames.until(
      `the staff's ${text}`,
      (frames) => JSON.stringify(frames).includes(`"content":"${text}"`),
    );
  }

  /** Waits until the staff has a message of the visitor's. */
  async reaches(text: string): Promise<void> {
    await this.#world.discord.until(() =>
      this.#world.discord.messages(this.#thread).some(({ content }) => content.split("\n").includes(text))
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket[Symbol.asyncDispose]();
  }
}
