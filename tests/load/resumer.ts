/**
 * Says hello with one session after the other, to each server in turn, and tells how long the welcome took. Reads one JSON line:
 * `{ "rounds": n, "servers": [{ "url": "...", "sessions": ["..."] }] }`.
 *
 * @module
 */
import { quantile } from "./quantile.ts";
import { asked, tell } from "./tell.ts";

interface Task {
  readonly rounds: number;
  readonly servers: readonly { readonly url: string; readonly sessions: readonly string[] }[];
}

function welcome(url: string, session: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws`);
    let since = 0;
    socket.onopen = (): void => {
      since = performance.now();
      socket.send(JSON.stringify({ type: "hello", v: 1, session, after: 0 }));
    };
    socket.onerror = (): void => reject(new Error("a socket failed"));
    socket.onmessage = ({ data }): void => {
      const tookMs = performance.now() - since;
      socket.onmessage = null;
      const { type, messages } = JSON.parse(data);
      if (type !== "welcome" || messages.length !== 50) reject(new Error(`not welcome: ${data}`));
      socket.onclose = (): void => resolve(tookMs);
      socket.close();
    };
  });
}

for await (const line of asked()) {
  const { rounds, servers }: Task = JSON.parse(line);
  const times: number[][] = servers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { url, sessions }] of servers.entries()) {
      const session = sessions[Math.floor(Math.random() * sessions.length)] ?? "";
      times[index]?.push(await welcome(url, session));
    }
  }
  tell({ p50: times.map((all) => quantile(all, 0.5)), p99: times.map((all) => quantile(all, 0.99)) });
}
Deno.exit();
