import { type Frame, SocketClient } from "../support/socket_client.ts";

/** A message as the visitor sees it. */
export interface Seen {
  readonly seq: number;
  readonly from: string;
  readonly content: string;
  readonly author?: { readonly name: string };
  readonly editedAt?: number;
  readonly deleted?: boolean;
}

/** A visitor at the server's WebSocket. */
export class Visitor implements AsyncDisposable {
  readonly uid: string;
  readonly session: string;
  readonly #client: SocketClient;
  #sent = 0;

  private constructor(client: SocketClient, uid: string, session: string) {
    this.#client = client;
    this.uid = uid;
    this.session = session;
  }

  /** @param session of an earlier visit */
  static async come(url: string, session?: string): Promise<Visitor> {
    const client = await SocketClient.hello(url, session ?? null);
    const { uid, session: issued } = await client.nextOf("welcome");
    return new Visitor(client, String(uid), String(issued ?? session));
  }

  /** Writes. @returns the number of the message, once it is stored */
  async say(content: string): Promise<number> {
    const cid = `${Date.now().toString(36)}-${++this.#sent}`;
    this.#client.send({ type: "send", cid, content });
    const frames = await this.#client.frames.until("the ack", (all) => seqOf(all, cid) !== undefined);
    return seqOf(frames, cid) ?? 0;
  }

  edit(seq: number, content: string): void {
    this.#client.send({ type: "edit", seq, content });
  }

  delete(seq: number): void {
    this.#client.send({ type: "delete", seq });
  }

  /** Waits for a message to be as described, within so many milliseconds. */
  async until(what: string, withinMs: number, isIt: (message: Seen) => boolean): Promise<Seen> {
    const find = (frames: readonly Frame[]): Seen | undefined => [...shown(frames).values()].find(isIt);
    const frames = await this.#client.frames.until(what, (all) => find(all) !== undefined, withinMs);
    const found = find(frames);
    if (found === undefined) throw new Error(`Cannot find ${what}`);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}

function seqOf(frames: readonly Frame[], cid: string): number | undefined {
  const acks = frames.flatMap(({ acks = [] }) => acks as readonly { cid: string; seq: number }[]);
  return acks.find((ack) => ack.cid === cid)?.seq;
}

/** Every message as it stands, by number. */
function shown(frames: readonly Frame[]): ReadonlyMap<number, Seen> {
  const all = frames.flatMap(({ messages = [] }) => messages as readonly Seen[]);
  return new Map(all.map((message) => [message.seq, message]));
}
