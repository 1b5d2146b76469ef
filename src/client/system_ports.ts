/**
 * The ports on what browsers and Deno have in common: `WebSocket`, timers and `crypto`.
 *
 * @module
 */
import type { Clock, Random, Socket, SocketEvents } from "./ports.ts";

/** The machine's clock and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (run, delayMs) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** `crypto` for ids, `Math.random` for jitter. */
export const systemRandom: Random = {
  fraction: () => Math.random(),
  id: () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const text = btoa(String.fromCharCode(...bytes));
    return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  },
};

/**
 * Opens a real `WebSocket`.
 *
 * @param url Where to; `ws:` or `wss:`.
 * @param events Who hears of it.
 * @returns The socket.
 */
export function openWebSocket(url: string, events: SocketEvents): Socket {
  const socket = new WebSocket(url);
  let closed = false;
  const finish = (code: number, reason: string): void => {
    if (closed) return;
    closed = true;
    events.close(code, reason);
  };
  socket.onopen = (): void => {
    if (!closed) events.open();
  };
  socket.onmessage = (event): void => {
    if (!closed && typeof event.data === "string") events.message(event.data);
  };
  socket.onclose = (event): void => finish(event.code, event.reason);
  return {
    send: (data) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
    close: (code, reason) => {
      // A socket on a dead network answers no close frame for minutes: its owner must not wait for that.
      closed = true;
      socket.close(code, reason);
    },
  };
}

/**
 * The chat's WebSocket address on the origin of a page: `wss` for `https`.
 *
 * @param pageUrl The page's address, e.g. `location.href`.
 * @returns The address of `/ws` there.
 */
export function webSocketUrl(pageUrl: string): string {
  const url = new URL("/ws", pageUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
