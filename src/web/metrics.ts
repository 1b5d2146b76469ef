/** What the visitors' side tells whoever counts. */
export interface WebMetrics {
  socketOpened(): void;
  /** @param code the close code of the WebSocket */
  socketClosed(code: number): void;
  /** There were too many: the socket was closed at once, or not even opened. */
  socketTurnedAway(): void;
  /** A visitor was recognised and welcomed, so long after the hello. */
  welcomed(durationMs: number): void;
  /** The other end of {@link WebMetrics.welcomed}. */
  left(): void;
  /** A message is on disk and its ack on the way, so long after its frame came in. */
  acked(durationMs: number): void;
  /** A frame was answered with an error. @param code one of the protocol's */
  refused(code: string): void;
  /** A message of the staff was handed to an open socket, so long after it was stored. */
  delivered(latencyMs: number): void;
}

/** Counts nothing. */
export const NO_WEB_METRICS: WebMetrics = {
  socketOpened: nothing,
  socketClosed: nothing,
  socketTurnedAway: nothing,
  welcomed: nothing,
  left: nothing,
  acked: nothing,
  refused: nothing,
  delivered: nothing,
};

function nothing(): void {}
