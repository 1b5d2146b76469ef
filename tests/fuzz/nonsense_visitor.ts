import { parseFrame } from "../../src/web/parse_frame.ts";
import { MAX_FRAME_BYTES } from "../../src/web/protocol.ts";
import { fuzzFrame } from "./frames.ts";
import type { Random } from "./random.ts";

/** So many mutated frames go between two real ones: ten in a row that are not the protocol would end the socket. */
const BATCH = 8;
/** Batches on their way at once. */
const UNDER_WAY = 16;
/** No conversation comes so far: the real frame asks for a message that is not there, and the refusal names it. */
const FIRST_MARK = 1_000_000_000;

/** What the server was seen to have looked at. */
export interface Examined {
  /** Frames. */
  frames: number;
  /** Of these, those that are no frames of the protocol. */
  faults: number;
  /** Sockets that were needed. */
  sockets: number;
  /** The longest that a batch waited for its answer, in milliseconds. */
  slowestMs: number;
}

interface Batch {
  readonly frames: number;
  readonly faults: number;
  readonly since: number;
}

/**
 * Sends mutated frames over one socket, and real ones between them, until the server has looked at so many, or ends the socket. A frame counts
 * when the real one after it was answered: frames are looked at in their order.
 *
 * @param withoutHello sends no hello first
 */
export function talkNonsense(
  url: string,
  random: Random,
  most: number,
  examined: Examined,
  withoutHello: boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws`);
    const underWay = new Map<number, Batch>();
    let [next, oldest, counted] = [FIRST_MARK, FIRST_MARK, 0];
    examined.sockets++;

    const sendBatch = (): void => {
      const texts = Array.from({ length: BATCH }, () => fitting(random));
      const faults = texts.filter((text) => "fault" in parseFrame(text)).length;
      for (const text of texts) socket.send(text);
      socket.send(JSON.stringify({ type: "edit", seq: next, content: "there is no such message" }));
      underWay.set(next++, { frames: BATCH + 1, faults, since: performance.now() });
    };
    const fill = (): void => {
      while (socket.readyState === WebSocket.OPEN && underWay.size < UNDER_WAY && counted < most) sendBatch();
      if (counted >= most) socket.close();
    };
    socket.onopen = (): void => {
      if (!withoutHello) socket.send(JSON.stringify({ type: "hello", v: 1, session: null, after: 0 }));
      fill();
    };
    socket.onmessage = ({ data }): void => {
      const { type, seq } = JSON.parse(data);
      if (type !== "error" || !underWay.has(seq)) return;
      for (; oldest <= seq; oldest++) {
        const { frames, faults, since } = underWay.get(oldest) ?? { frames: 0, faults: 0, since: Infinity };
        underWay.delete(oldest);
        counted += frames;
        examined.frames += frames;
        examined.faults += faults;
        examined.slowestMs = Math.max(examined.slowestMs, performance.now() - since);
      }
      fill();
    };
    socket.onclose = (): void => resolve();
  });
}

/** One that does not end the socket by its size alone. */
function fitting(random: Random): string {
  for (;;) {
    const text = fuzzFrame(random);
    if (text.length * 3 <= MAX_FRAME_BYTES || new TextEncoder().encode(text).length <= MAX_FRAME_BYTES) {
      return text;
    }
  }
}
