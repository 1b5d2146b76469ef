/** Reads a request's body: JSON, or multipart with `payload_json` and `files[n]`. */
import { DiscordError, FormErrors } from "../errors.ts";

/** A file of a multipart body. */
export interface UploadedFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What came. */
export interface RequestBody {
  readonly json: unknown;
  /** By the number in `files[n]`. */
  readonly files: ReadonlyMap<number, UploadedFile>;
}

const EMPTY: RequestBody = { json: undefined, files: new Map() };
/** Discord refuses whole requests above this, whatever a single file may have. */
const MAX_BODY_BYTES = 25 * 1024 * 1024;

/**
 * @param request not yet read
 * @returns its body
 * @throws {DiscordError} 50109, 50035 or 40005
 */
export async function readBody(request: Request): Promise<RequestBody> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  const bytes = await request.bytes();
  if (bytes.length === 0) return EMPTY;
  if (bytes.length > MAX_BODY_BYTES) throw new DiscordError("requestTooLarge");
  if (type === "application/json") {
    return { json: parseJson(new TextDecoder().decode(bytes)), files: new Map() };
  }
  if (type === "multipart/form-data") {
    return await readMultipart(bytes, request.headers.get("content-type") ?? "");
  }
  const errors = new FormErrors();
  errors.add(
    "content_type",
    "CONTENT_TYPE_INVALID",
    "Expected \"Content-Type\" header to be one of {'application/json', 'multipart/form-data'}.",
  );
  errors.throwIfAny();
  return EMPTY;
}

async function readMultipart(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<RequestBody> {
  const form = await new Response(bytes, { headers: { "content-type": type } }).formData();
  const files = new Map<number, UploadedFile>();
  let json: unknown = {};
  for (const [key, value] of form) {
    if (value instanceof File) {
      // `file` alone and `file0` are old spellings that Discord still takes.
      const number = Number(
        /^(?:files\[(\d+)\]|file(\d*))$/.exec(key)?.slice(1).find((match) => match !== undefined) ?? NaN,
      );
      if (!Number.isNaN(number)) {
        files.set(number, { name: value.name, type: value.type, bytes: await value.bytes() });
      }
    } else if (key === "payload_json") json = parseJson(value);
    else (json as Record<string, unknown>)[key] ??= value;
  }
  return { json, files };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DiscordError("invalidJson");
  }
}
