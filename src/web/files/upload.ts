import { ChatBoxError, type Clock, type FileReference, type Logger, type Uuid } from "../../core/mod.ts";
import { RateLimited } from "../limits/rate_limited.ts";
import type { Asker, VisitorLimits } from "../limits/visitor_limits.ts";
import { VISITOR_SIDE } from "../message_view.ts";
import { MAX_FILE_BYTES } from "../protocol.ts";
import { refusalOf } from "../refusal.ts";
import type { VisitorFiles } from "./ports.ts";
import type { TransferLimits } from "./transfer_limits.ts";

/** An upload of which nothing came for so long, in milliseconds, is given up. */
const STALLED_AFTER_MS = 30_000;

/** What an upload needs. */
export interface UploadOptions {
  readonly files: VisitorFiles;
  readonly rates: VisitorLimits;
  readonly transfers: TransferLimits;
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

/** What has become of an upload. */
export type Uploaded = { readonly file: FileReference } | { readonly refusal: UploadRefusal };

/** Takes in a file of a visitor: its bytes are the request's body, its name the header `X-File-Name`, percent-encoded. */
export async function upload(
  request: Request,
  asker: Asker & { readonly uid: Uuid },
  options: UploadOptions,
): Promise<Uploaded> {
  const { rates, transfers } = options;
  const declared = Number(request.headers.get("Content-Length") ?? 0);
  if (declared > MAX_FILE_BYTES) return { refusal: TOO_LARGE };
  if (request.body === null) return { refusal: EMPTY };
  const bytes = declared > 0 ? declared : MAX_FILE_BYTES;
  const turn = transfers.upload(asker, bytes);
  if ("waitMs" in turn) return tooMany(turn.waitMs);
  let came = 0;
  try {
    const waitMs = rates.upload(asker);
    if (waitMs > 0) return tooMany(waitMs);
    const counted = watch(request.body, (chunk) => came += chunk.length);
    return await take(request, counted, bytes, asker, options);
  } finally {
    turn.leave(came);
  }
}

function tooMany(waitMs: number): Uploaded {
  const { message, retryAfterMs } = new RateLimited("upload", waitMs);
  return { refusal: { status: 429, code: "rate_limited", message, retryAfterMs } };
}

async function take(
  request: Request,
  whole: ReadableStream<Uint8Array>,
  bytes: number,
  { uid, prefix }: Asker & { readonly uid: Uuid },
  { files, transfers, clock, logger }: UploadOptions,
): Promise<Uploaded> {
  const { body, signal, stop } = inTime(whole, transfers.deadlineMs, clock);
  try {
    const saved = await files.saveWithin(transfers.room, {
      uid,
      address: prefix,
      side: VISITOR_SIDE,
      name: nameOf(request),
      body,
      maxBytes: bytes,
      at: clock.now(),
      signal,
    });
    if ("file" in saved) return saved;
    if (saved.refused === "full" || saved.refused === "disk_full") {
      logger.warn("Refused an upload: there is no room for it", { uid, reason: saved.refused });
    }
    return { refusal: REFUSALS[saved.refused] };
  } catch (error) {
    if (error instanceof ChatBoxError) {
      logger.error("Cannot store an upload", { uid, error });
      const { message } = refusalOf(error, "upload");
      return { refusal: { status: 503, code: "overloaded", message, retryAfterMs: ROOM_RETRY_MS } };
    }
    // Most often the visitor has closed the page; whoever is still there may try again.
    logger.debug("An upload ended early", { uid, error });
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
/** When there may be room again, in milliseconds: nobody knows, and this is soon enough and not too often. */
const ROOM_RETRY_MS = 60_000;
const NO_ROOM: UploadRefusal = {
  status: 503,
  code: "overloaded",
  message: "Cannot upload: the server has no room for files now, try again later",
  retryAfterMs: ROOM_RETRY_MS,
};
const REFUSALS = {
  too_large: TOO_LARGE,
  empty: EMPTY,
  visitor_full: {
    status: 429,
    code: "rate_limited",
    message: "Cannot upload: too many files wait to be sent already, send those first",
    retryAfterMs: ROOM_RETRY_MS,
  },
  address_full: {
    status: 429,
    code: "rate_limited",
    message: "Cannot upload: too many files from your network wait to be sent already, try again later",
    retryAfterMs: ROOM_RETRY_MS,
  },
  full: NO_ROOM,
  disk_full: NO_ROOM,
} as const;
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

/** The same body, and a signal that is aborted when nothing comes for too long, or not all of it by the deadline. */
function inTime(
  body: ReadableStream<Uint8Array>,
  deadlineMs: number,
  clock: Clock,
): { readonly body: ReadableStream<Uint8Array>; readonly signal: AbortSignal; readonly stop: () => void } {
  const late = new AbortController();
  const after = (ms: number, reason: string): () => void =>
    clock.after(ms, () => late.abort(new DOMException(reason, "TimeoutError")));
  const wait = (): () => void => after(STALLED_AFTER_MS, "the upload has stalled");
  const stopDeadline = after(deadlineMs, "the upload takes too long");
  let stop = wait();
  const watched = watch(body, () => {
    stop();
    stop = wait();
  });
  return {
    body: watched,
    signal: late.signal,
    stop: () => {
      stop();
      stopDeadline();
    },
  };
}

/** The same body, of which every piece is seen when it is read. */
function watch(
  body: ReadableStream<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): ReadableStream<Uint8Array> {
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller): void {
        onChunk(chunk);
        controller.enqueue(chunk);
      },
    }),
  );
}
