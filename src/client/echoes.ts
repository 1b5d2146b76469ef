/**
 * Recognises messages that arrived although their acknowledgement was lost.
 *
 * @module
 */
import type { Message } from "../web/protocol.ts";
import type { PendingMessage } from "./pending.ts";

/** How far the clocks of browser and server may have been apart when the message was written. */
const CLOCK_SLACK_MS = 120_000;

/**
 * Finds the waiting messages that a `welcome` seems to contain already. Stored messages carry no `cid`, so the
 * text decides; the acknowledgement that follows makes it certain. Until then the view shows one, not two.
 *
 * @param pending What waits.
 * @param messages What the server has.
 * @returns The `cid`s of those that shouldn't be shown beside their stored twin.
 */
export function echoesOf(pending: readonly PendingMessage[], messages: readonly Message[]): Set<string> {
  const echoes = new Set<string>();
  const candidates = messages.filter((message) => message.from === "visitor" && message.deleted !== true);
  for (const item of pending) {
    if (item.failed !== undefined) continue;
    const index = candidates.findIndex((message) =>
      message.content === item.content && message.at > item.at - CLOCK_SLACK_MS
    );
    if (index === -1) continue;
    candidates.splice(0, index + 1);
    echoes.add(item.cid);
  }
  return echoes;
}
