import type { Clock } from "../../core/mod.ts";
import { RateLimited } from "../limits/rate_limited.ts";
import type { Asker, VisitorLimits } from "../limits/visitor_limits.ts";
import { parseFrame } from "../parse_frame.ts";
import { type ClientFrame, CloseCode, MAX_FRAME_BYTES } from "../protocol.ts";
import { Refusal } from "../refusal.ts";
import { type Answered, answered } from "./refusals.ts";
import type { SendHold } from "./send_hold.ts";

/** This many frames in a row that are not the protocol end the socket. */
const MAX_BAD_FRAMES = 10;

/** So many frames refused in a minute end the socket: whoever heeds `retryAfterMs` is far below. */
const MAX_REFUSED_FRAMES = 100;
const REFUSALS_COUNT_FOR_MS = 60_000;

/**
 * A frame that is refused for its number is read up to this many code units, to say which message it was. A message of 4,000 code points
 * fits unless it is written in escapes; a larger one would cost more to read than its sender has left.
 */
const MAX_REFUSED_LENGTH = 16 * 1024;

/** What becomes of a frame. */
export interface Verdict {
  /** It is let in. */
  readonly frame?: ClientFrame;
  /** It is refused, and the sender told so. */
  readonly refusal?: Refusal;
  /** The frame that the refusal answers. */
  readonly to?: Answered;
  /** The socket ends, after that. */
  readonly end?: { readonly code: number; readonly reason: string };
}

/** Looks at every frame of a socket before it is let in: its size, how many there were, what it says. */
export class FrameGate {
  readonly #rates: VisitorLimits;
  readonly #clock: Clock;
  readonly #hold: SendHold;
  #badFrames = 0;
  #refusals = { count: 0, since: 0 };

  constructor(rates: VisitorLimits, clock: Clock, hold: SendHold) {
    this.#rates = rates;
    this.#clock = clock;
    this.#hold = hold;
  }

  /**
   * Judges what a socket received.
   *
   * @param isFirst whether the hello has not come yet: then nothing else may, and afterwards no other
   */
  judge(data: unknown, asker: Asker, isFirst: boolean): Verdict {
    const size = sizeOf(data);
    if (size > MAX_FRAME_BYTES) return end(CloseCode.tooBig, `a frame is at most ${MAX_FRAME_BYTES} bytes`);
    const waitMs = this.#rates.frame(asker, Math.max(1, size));
    if (waitMs > 0) return this.#tooMany(data, waitMs);
    if (typeof data !== "string") {
      const message = "Cannot read the frame: it is binary, allowed is text";
      return isFirst ? noHello(message) : this.#bad(new Refusal("bad_frame", message), {});
    }
    const parsed = parseFrame(data);
    if ("fault" in parsed) {
      const { code, message, ...to } = parsed.fault;
      // Whoever doesn't begin with a hello speaks another protocol, whatever else is wrong with it.
      if (isFirst) return noHello(message);
      return code === "bad_hello" ? this.#bad(helloTwice(), {}) : this.#bad(new Refusal(code, message), to);
    }
    const { frame } = parsed;
    if (isFirst && frame.type !== "hello") return noHello("Cannot begin: the first frame must be hello");
    // It is one of the protocol's, though perhaps not now.
    this.#badFrames = 0;
    if (!isFirst && frame.type === "hello") return this.#bad(helloTwice(), {});
    const refusal = frame.type === "send" ? this.#hold.look() : undefined;
    return refusal === undefined ? { frame } : { refusal, to: answered(frame) };
  }

  #bad(refusal: Refusal, to: Answered): Verdict {
    if (refusal.code !== "bad_frame" || ++this.#badFrames < MAX_BAD_FRAMES) return { refusal, to };
    return { refusal, to, ...end(CloseCode.notProtocol, "too many frames that are not the protocol") };
  }

  #tooMany(data: unknown, waitMs: number): Verdict {
    const now = this.#clock.now();
    // The clock may have been set back.
    const age = Math.abs(now - this.#refusals.since);
    if (age > REFUSALS_COUNT_FOR_MS) this.#refusals = { count: 0, since: now };
    if (++this.#refusals.count > MAX_REFUSED_FRAMES) return end(CloseCode.tooMany, "too many frames");
    const refusal = new RateLimited("read the frame", waitMs);
    this.#hold.begin(refusal);
    return { refusal, to: nameOf(data) };
  }
}

/** How the refusal of a frame names it, as far as that is found out cheaply. */
function nameOf(data: unknown): Answered {
  if (typeof data !== "string" || data.length > MAX_REFUSED_LENGTH) return {};
  const parsed = parseFrame(data);
  return "fault" in parsed ? parsed.fault : answered(parsed.frame);
}

function noHello(message: string): Verdict {
  return { refusal: new Refusal("bad_hello", message), ...end(CloseCode.notProtocol, "hello is not valid") };
}

function helloTwice(): Refusal {
  return new Refusal("bad_frame", "Cannot say hello twice on a socket");
}

function end(code: number, reason: string): Pick<Verdict, "end"> {
  return { end: { code, reason } };
}

/** Bytes that a socket received; of text that is far from too long, code units. */
function sizeOf(data: unknown): number {
  if (typeof data === "string") return sizeOfText(data);
  if (data instanceof ArrayBuffer) return data.byteLength;
  return data instanceof Blob ? data.size : 0;
}

function sizeOfText(text: string): number {
  // A code unit is one to three bytes of UTF-8: every frame comes by here, and only the largest need counting.
  if (text.length > MAX_FRAME_BYTES || text.length * 3 <= MAX_FRAME_BYTES) return text.length;
  return new TextEncoder().encode(text).length;
}
