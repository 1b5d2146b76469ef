/**
 * Many visitors in one process. Arguments: the server and how many; it tells when all are welcome, then does what it is asked,
 * one line at a time:
 *
 * - `idle`: nothing, but says so
 * - `chat MS EVERY_MS`: each visitor writes every so often, at a time of its own; tells how long acks took
 * - `round trips MS EVERY_MS`: the same, and each waits for the answer of the staff
 * - `expect to everybody`: tells when every visitor has got a message with this text
 *
 * @module
 */
import { quantile } from "./quantile.ts";
import { asked, tell } from "./tell.ts";

const [url = "", count = "1"] = Deno.args;
const GREETED_AT_ONCE = 200;

interface Waiting {
  readonly since: number;
  readonly times: number[];
}

class Visitor {
  readonly #socket: WebSocket;
  readonly #acks = new Map<string, Waiting>();
  readonly #answers = new Map<string, Waiting>();
  readonly heard = new Set<string>();
  closed = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static join(): Promise<Visitor> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws`);
      const visitor = new Visitor(socket);
      socket.onopen = (): void =>
        socket.send(JSON.stringify({ type: "hello", v: 1, session: null, after: 0 }));
      socket.onerror = (): void => reject(new Error("a socket failed"));
      socket.onclose = (): void => void (visitor.closed = true);
      socket.onmessage = ({ data }): void => {
        socket.onmessage = (event): void => visitor.#receive(JSON.parse(event.data));
        const { type } = JSON.parse(data);
        if (type === "welcome" || type === "hello") resolve(visitor);
        else reject(new Error(`not welcome: ${data}`));
      };
    });
  }

  #receive(frame: Record<string, unknown>): void {
    if (frame.type === "acks") {
      for (const { cid } of frame.acks as { cid: string }[]) finish(this.#acks, cid);
    } else if (frame.type === "messages") {
      for (const { content } of frame.messages as { content: string }[]) {
        this.heard.add(content);
        finish(this.#answers, content);
      }
    } else if (frame.type === "error") tell({ error: frame });
  }

  write(acks: number[], answers?: number[]): void {
    const cid = crypto.randomUUID();
    const since = performance.now();
    const number = messages++;
    this.#acks.set(cid, { since, times: acks });
    if (answers !== undefined) this.#answers.set(`pong ${number}`, { since, times: answers });
    const content = answers === undefined ? `message ${number}` : `ping ${number}`;
    this.#socket.send(JSON.stringify({ type: "send", cid, content }));
  }

  get waiting(): number {
    return this.#acks.size + this.#answers.size;
  }
}

let messages = 0;

function finish(waiting: Map<string, Waiting>, key: string): void {
  const found = waiting.get(key);
  if (found === undefined) return;
  waiting.delete(key);
  found.times.push(performance.now() - found.since);
}

const visitors: Visitor[] = [];
while (visitors.length < Number(count)) {
  const missing = Math.min(GREETED_AT_ONCE, Number(count) - visitors.length);
  visitors.push(...await Promise.all(Array.from({ length: missing }, () => Visitor.join())));
}
tell({ welcome: visitors.length });

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function chat(totalMs: number, everyMs: number, answered: boolean): Promise<void> {
  const acks: number[] = [];
  const answers: number[] = [];
  const until = performance.now() + totalMs;
  await Promise.all(visitors.map(async (visitor) => {
    await pause(Math.random() * everyMs);
    while (performance.now() < until) {
      visitor.write(acks, answered ? answers : undefined);
      await pause(everyMs);
    }
  }));
  const limit = performance.now() + 10_000;
  while (visitors.some(({ waiting }) => waiting > 0) && performance.now() < limit) await pause(20);
  tell({
    acks: acks.length,
    missing: visitors.reduce((sum, { waiting }) => sum + waiting, 0),
    ackP50: quantile(acks, 0.5),
    ackP99: quantile(acks, 0.99),
    ...(answered &&
      { answers: answers.length, answerP50: quantile(answers, 0.5), answerP99: quantile(answers, 0.99) }),
  });
}

for await (const line of asked()) {
  const [what, ...rest] = line.split(" ");
  if (what === "idle") tell({ open: visitors.filter(({ closed }) => !closed).length });
  if (what === "chat") await chat(Number(rest[0]), Number(rest[1]), false);
  if (what === "round") await chat(Number(rest[1]), Number(rest[2]), true);
  if (what === "expect") {
    const content = rest.join(" ");
    const limit = performance.now() + 60_000;
    while (!visitors.every(({ heard }) => heard.has(content)) && performance.now() < limit) await pause(10);
    tell({ heard: visitors.filter(({ heard }) => heard.has(content)).length });
  }
}
Deno.exit();
