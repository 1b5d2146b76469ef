/**
 * Sends as fast as it is answered: `connections` sockets with `inFlight` messages each that wait for their ack. The echo's own
 * `send` frames count as acks, so that the same client measures both servers.
 *
 * @module
 */
import { tell } from "./tell.ts";

const [url = "", connections = "1", inFlight = "1", warmMs = "500", measureMs = "2000"] = Deno.args;
const CONTENT = "x".repeat(100);
let answered = 0;

function open(number: number): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws`);
    let sent = 0;
    const send = (): void =>
      socket.send(JSON.stringify({ type: "send", cid: `${number}-${sent++}`, content: CONTENT }));
    let greeted = false;
    socket.onopen = (): void => socket.send(JSON.stringify({ type: "hello", v: 1, session: null, after: 0 }));
    socket.onerror = (): void => reject(new Error("a socket failed"));
    socket.onmessage = ({ data }): void => {
      const frame = JSON.parse(data);
      if (frame.type === "error") throw new Error(data);
      if (!greeted) {
        greeted = true;
        resolve(socket);
        begins.push(() => {
          for (let i = 0; i < Number(inFlight); i++) send();
        });
        return;
      }
      const count = frame.type === "acks" ? frame.acks.length : frame.type === "send" ? 1 : 0;
      answered += count;
      for (let i = 0; i < count; i++) send();
    };
  });
}

const begins: (() => void)[] = [];
const sockets: WebSocket[] = [];
const GREETED_AT_ONCE = 100;
for (let first = 0; first < Number(connections); first += GREETED_AT_ONCE) {
  const count = Math.min(GREETED_AT_ONCE, Number(connections) - first);
  sockets.push(...await Promise.all(Array.from({ length: count }, (_, index) => open(first + index))));
}
for (const begin of begins) begin();
await new Promise((resolve) => setTimeout(resolve, Number(warmMs)));
const [before, started] = [answered, performance.now()];
await new Promise((resolve) => setTimeout(resolve, Number(measureMs)));
tell({ perSecond: (answered - before) / (performance.now() - started) * 1_000 });
Deno.exit();
