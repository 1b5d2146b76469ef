/** What a session needs of a WebSocket. */
export interface SocketPort {
  readonly isOpen: boolean;
  /** Bytes that were handed over and have not gone out. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string): void;
}

/** A real WebSocket as a {@link SocketPort}. */
export function socketPort(socket: WebSocket): SocketPort {
  return {
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (text) => socket.send(text),
    close: (code, reason) => socket.close(code, reason),
  };
}
