import type { WebMetrics } from "../metrics.ts";
import type { ClientFrame } from "../protocol.ts";
import type { Refusal } from "../refusal.ts";
import type { FrameWriter } from "./frame_writer.ts";

/** The frame that an error answers: a `send` by its `cid`, an `edit` or `delete` by its `seq`, others not at all. */
export interface Answered {
  readonly cid?: string;
  readonly seq?: number;
}

/** How an error names this frame. */
export function answered(frame: ClientFrame): Answered {
  switch (frame.type) {
    case "send":
      return { cid: frame.cid };
    case "edit":
    case "delete":
      return { seq: frame.seq };
    default:
      return {};
  }
}

/** Tells a visitor by `error` frames what was refused. */
export class Refusals {
  readonly #writer: FrameWriter;
  readonly #metrics: WebMetrics;

  constructor(writer: FrameWriter, metrics: WebMetrics) {
    this.#writer = writer;
    this.#metrics = metrics;
  }

  /** Says why not. */
  tell(refusal: Refusal, { cid, seq }: Answered = {}): void {
    const { code, message, retryAfterMs } = refusal;
    this.#metrics.refused(code);
    this.#writer.frame({
      type: "error",
      code,
      message,
      ...(cid !== undefined && { cid }),
      ...(seq !== undefined && { seq }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
}
