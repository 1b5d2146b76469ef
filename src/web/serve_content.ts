import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { type Content, type Encoding, ENCODINGS } from "./content.ts";

/** How long and by whom an answer may be kept. */
export const Caching = {
  /** The address names the content: it never changes. */
  forever: "public, max-age=31536000, immutable",
  /** Kept, but asked about every time. */
  asked: "no-cache",
  never: "no-store",
} as const;

/** Options of {@link serveContent}. */
export interface ServeOptions {
  readonly caching: string;
  /** Further headers; `Vary` is added to. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers GET and HEAD with content, in the encoding that suits; with 304 when the browser has it (RFC 9110 section 13). */
export async function serveContent(
  context: Context,
  content: Content,
  options: ServeOptions,
): Promise<Response> {
  const encoding = content.compressible ? encodingFor(context) : "identity";
  const etag = content.etag(encoding);
  const headers = new Headers({ ...options.headers, ETag: etag, "Cache-Control": options.caching });
  if (content.compressible) headers.append("Vary", "Accept-Encoding");
  if (matches(context.req.header("If-None-Match"), etag)) return new Response(null, { status: 304, headers });
  const bytes = await content.encoded(encoding);
  headers.set("Content-Type", content.type);
  headers.set("Content-Length", String(bytes.length));
  if (encoding !== "identity") headers.set("Content-Encoding", encoding);
  return new Response(bytes, { headers });
}

/** Whether an `If-None-Match` names a tag, by weak comparison as is right for it. */
export function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === "*" || header.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}

function encodingFor(context: Context): Encoding {
  const allowed = accepts(context, {
    header: "Accept-Encoding",
    supports: [...ENCODINGS],
    default: "identity",
    // Of what the browser can read, the smallest; the library's own choice takes what is refused by q=0 as well.
    match: (found, { supports }) =>
      supports.find((encoding) => found.some(({ type, q }) => type.toLowerCase() === encoding && q > 0)) ??
        "identity",
  });
  return ENCODINGS.find((encoding) => encoding === allowed) ?? "identity";
}
