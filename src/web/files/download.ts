import { create as contentDisposition } from "content-disposition";
import type { Clock, FileReference, Logger } from "../../core/mod.ts";
import { answer } from "../answers.ts";
import { FILE_POLICY } from "../headers.ts";
import { matches } from "../serve_content.ts";
import { byteRange } from "./byte_range.ts";
import type { VisitorFiles } from "./ports.ts";
import { steadyStream } from "./steady_stream.ts";
import type { TransferLimits } from "./transfer_limits.ts";

/** What browsers may show; everything else, HTML and SVG above all, is only ever downloaded. */
export const SHOWN: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
]);

/** What a download is answered with. */
export interface DownloadOptions {
  readonly files: VisitorFiles;
  readonly transfers: TransferLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The address that asks. */
  readonly prefix: string;
}

/** A download of which nothing was taken for so long, in milliseconds, is given up: it holds an open file. */
const STALLED_AFTER_MS = 30_000;

/** Answers with a file, or a range of it; the caller has made sure that the asker may read it. */
export async function download(
  file: FileReference,
  request: Request,
  { files, transfers, clock, logger, prefix }: DownloadOptions,
): Promise<Response> {
  const etag = `"${file.id}"`;
  const headers = new Headers({
    ETag: etag,
    // Asked about every time, so that a deleted file is gone. Compressing on the way would break its length and ranges.
    "Cache-Control": "private, no-cache, no-transform",
    Vary: "Authorization",
    "Accept-Ranges": "bytes",
    "Content-Security-Policy": FILE_POLICY,
  });
  if (matches(request.headers.get("If-None-Match") ?? undefined, etag)) {
    return new Response(null, { status: 304, headers });
  }
  const asked = request.headers.get("If-Range") ?? etag;
  const range = asked === etag ? byteRange(request.headers.get("Range") ?? undefined, file.size) : undefined;
  if (range === "unsatisfiable") {
    headers.set("Content-Range", `bytes */${file.size}`);
    return new Response(null, { status: 416, headers });
  }
  const { start, end } = range ?? { start: 0, end: file.size };
  headers.set("Content-Type", file.type);
  headers.set(
    "Content-Disposition",
    contentDisposition(file.name, { type: SHOWN.has(file.type) ? "inline" : "attachment" }),
  );
  headers.set("Content-Length", String(end - start));
  if (range !== undefined) headers.set("Content-Range", `bytes ${start}-${end - 1}/${file.size}`);
  const status = range === undefined ? 200 : 206;
  if (request.method === "HEAD") return new Response(null, { status, headers });
  const leave = transfers.download(prefix);
  if (leave === undefined) {
    return answer("Too many downloads", { status: 503, headers: { "Retry-After": "2" } });
  }
  try {
    const stream = steadyStream(await files.read(file.id, { start, end }), {
      stalledAfterMs: STALLED_AFTER_MS,
      deadlineMs: transfers.deadlineMs,
      clock,
      onEnd: leave,
    });
    return new Response(stream, { status, headers });
  } catch (error) {
    leave();
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    logger.error("A file's bytes are gone from the disk", { file: file.id });
    return answer("Not found", { status: 404 });
  }
}
