import { setImmediate } from "node:timers";
import type { Clock } from "../core/mod.ts";

/** A socket that does not answer a ping within this time, in seconds, is gone. */
const IDLE_TIMEOUT_S = 30;

/** How many turns of the event loop the runtime gets to notice that whoever asks has gone. Further ones find hardly more. */
const TURNS = 3;

/** A handshake is answered at once: one that has not opened a socket within this time, in milliseconds, never will. */
const OPEN_WITHIN_MS = 10_000;

/**
 * Whether whoever asks for a WebSocket still waits for the answer. Deno 2.9 keeps the descriptor of an upgrade for good when the
 * connection was reset before, and tells nobody.
 */
export async function isStillThere({ signal }: Request): Promise<boolean> {
  for (let turn = 0; turn < TURNS && !signal.aborted; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return !signal.aborted;
}

/**
 * Makes a WebSocket of a request. It is to be answered in the same turn of the event loop: see {@link isStillThere}.
 *
 * @returns nothing for a handshake that lacks what it must have
 */
export function upgrade(request: Request): Deno.WebSocketUpgrade | undefined {
  try {
    return Deno.upgradeWebSocket(request, { idleTimeout: IDLE_TIMEOUT_S });
  } catch {
    return undefined;
  }
}

/**
 * Tells once that a socket's connection is no more: it was closed at both ends or cut off, or was never opened at all.
 *
 * @param gone told the code of the WebSocket's end, where it was opened
 */
export function whenGone(socket: WebSocket, clock: Clock, gone: (code?: number) => void): void {
  let isGone = false;
  const once = (code?: number): void => {
    if (isGone) return;
    isGone = true;
    cancel();
    gone(code);
  };
  const cancel = clock.after(OPEN_WITHIN_MS, () => once());
  socket.addEventListener("open", cancel, { once: true });
  socket.addEventListener("close", ({ code }) => once(code));
  // A handshake that fails has no close; everything else has one, right after the error.
  socket.addEventListener("error", () => queueMicrotask(once));
}
