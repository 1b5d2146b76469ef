/** How a socket is closed. */
export interface CloseOptions {
  /**
   * Reads and drops what the other end is still sending before the line is closed; false when left out. Closing with
   * frames unread resets the line, and the other end learns 1006 instead of the code.
   */
  readonly whenQuiet?: boolean;
}

/** What a session needs of a WebSocket. */
export interface SocketPort {
  readonly isOpen: boolean;
  /** Bytes that were handed over and have not gone out. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string, options?: CloseOptions): void;
}

/** It is quiet when nothing has come for so long, in milliseconds. */
const QUIET_MS = 150;

/** Quiet is waited for at most so long, in milliseconds. */
const LINGER_MS = 2_000;

/** A real WebSocket as a {@link SocketPort}. */
export function socketPort(socket: WebSocket): SocketPort {
  const isOpen = (): boolean => socket.readyState === WebSocket.OPEN;
  return {
    get isOpen() {
      return isOpen();
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (text) => socket.send(text),
    close(code, reason, { whenQuiet = false } = {}): void {
      if (!whenQuiet) return socket.close(code, reason);
      const deadline = performance.now() + LINGER_MS;
      let heard = false;
      socket.addEventListener("message", () => heard = true);
      const look = (): void => {
        if (!isOpen()) return;
        if (!heard || performance.now() >= deadline) return socket.close(code, reason);
        heard = false;
        setTimeout(look, QUIET_MS);
      };
      setTimeout(look, QUIET_MS);
    },
  };
}
