import { ChatBoxError, type Clock, type FileReference, type Logger, type Uuid } from "../../core/mod.ts";
import { RateLimited } from "../limits/rate_limited.ts";
import type { Asker, VisitorLimits } from "../limits/visitor_limits.ts";
import { VISITOR_SIDE } from "../message_view.ts";
import { MAX_FILE_BYTES } from "../protocol.ts";
import { refusalOf } from "../refusal.ts";
import type { VisitorFiles } from "./ports.ts";

/** An upload of which nothing came for so long, in milliseconds, is given up. */
const STALLED_AFTER_MS = 30_000;

/** What an upload needs. */
export interface UploadOptions {
  readonly files: VisitorFiles;
  readonly rates: VisitorLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Why an upload is refused, in words for the page. */
export interface UploadRefusal {
  readonly status: 400 | 408 | 413 | 429 | 503;
  readonly code: "bad_frame" | "rate_limited" | "overloaded";
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** Takes in a file of a visitor: its bytes are the request's body, its name the header `X-File-Name`, percent-encoded. */
export async function upload(
  request: Request,
  asker: Asker & { readonly uid: Uuid },
  { files, rates, clock, logger }: UploadOptions,
): Promise<{ readonly file: FileReference } | { readonly refusal: UploadRefusal }> {
  const declared = Number(request.headers.get("Content-Length") ?? 0);
  if (declared > MAX_FILE_BYTES) return { refusal: TOO_LARGE };
  if (request.body === null) return { refusal: EMPTY };
  const waitMs = rates.upload(asker);
  if (waitMs > 0) {
    const { message, retryAfterMs } = new RateLimited("upload", waitMs);
    return { refusal: { status: 429, code: "rate_limited", message, retryAfterMs } };
  }
  const { body, signal, stop } = untilStalled(request.body, clock);
  try {
    const saved = await files.save({
      uid: asker.uid,
      side: VISITOR_SIDE,
      name: nameOf(request),
      body,
      maxBytes: MAX_FILE_BYTES,
      at: clock.now(),
      signal,
    });
    if ("file" in saved) return saved;
    return { refusal: saved.refused === "empty" ? EMPTY : TOO_LARGE };
  } catch (error) {
    if (error instanceof ChatBoxError) {
      logger.error("Cannot store an upload", { uid: asker.uid, error });
      return { refusal: { status: 503, code: "overloaded", message: refusalOf(error, "upload").message } };
    }
    // Most often the visitor has closed the page; whoever is still there may try again.
    logger.debug("An upload ended early", { uid: asker.uid, error });
    return { refusal: CUT_OFF };
  } finally {
    stop();
  }
}

const TOO_LARGE: UploadRefusal = {
  status: 413,
  code: "bad_frame",
  message: `Cannot upload: the file is too large, allowed are ${MAX_FILE_BYTES} bytes`,
};
const EMPTY: UploadRefusal = { status: 400, code: "bad_frame", message: "Cannot upload: the file is empty" };
const CUT_OFF: UploadRefusal = {
  status: 408,
  code: "bad_frame",
  message: "Cannot upload: the file did not arrive whole",
};

function nameOf(request: Request): string {
  const header = request.headers.get("X-File-Name") ?? "";
  try {
    return decodeURIComponent(header);
  } catch {
    // A name that was not encoded is a name all the same.
    return header;
  }
}

/** The same body, and a signal that is aborted when nothing comes for too long. */
function untilStalled(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
): { readonly body: ReadableStream<Uint8Array>; readonly signal: AbortSignal; readonly stop: () => void } {
  const stalled = new AbortController();
  const wait = (): () => void =>
    clock.after(
      STALLED_AFTER_MS,
      () => stalled.abort(new DOMException("the upload has stalled", "TimeoutError")),
    );
  let stop = wait();
  const watched = body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller): void {
        stop();
        stop = wait();
        controller.enqueue(chunk);
      },
    }),
  );
  return { body: watched, signal: stalled.signal, stop: () => stop() };
}
