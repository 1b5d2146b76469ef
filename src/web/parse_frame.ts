import {
  CID_PATTERN,
  type ClientFrame,
  type ErrorCode,
  type IdentityClaim,
  MAX_CONTENT_CODE_POINTS,
  MAX_FILES,
  MAX_HISTORY_PAGE,
  PROTOCOL_VERSION,
} from "./protocol.ts";
import { nameAndEmail } from "./visitor_name.ts";

/** Why a frame is not one of the protocol. */
export interface FrameFault {
  readonly code: ErrorCode;
  /** What is wrong, and what is allowed. */
  readonly message: string;
  /** The `cid` of a `send`, where it has a valid one. */
  readonly cid?: string;
  /** The `seq` of an `edit`, where it has a valid one. */
  readonly seq?: number;
}

const MAX_URL = 2_048;
const MAX_TITLE = 300;
const MAX_LOCALE = 35;
const MAX_SESSION = 256;
const MAX_TOKEN = 8_192;

/** A frame, or what is wrong with it. */
export type ParsedFrame = { readonly frame: ClientFrame } | { readonly fault: FrameFault };

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a text frame. Fields that the protocol does not know are ignored.
 *
 * @param text the frame's text
 * @returns the frame, or a fault that says what is allowed
 */
export function parseFrame(text: string): ParsedFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad("Cannot read the frame: it is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return bad("Cannot read the frame: it is not a JSON object");
  }
  const fields = value as Fields;
  switch (fields.type) {
    case "send":
      return parseSend(fields);
    case "hello":
      return parseHello(fields);
    case "edit":
      return parseEdit(fields);
    case "delete":
      return parseSeq(fields, "seq", (seq) => ({ type: "delete", seq }));
    case "read":
      return parseSeq(fields, "seq", (seq) => ({ type: "read", seq }));
    case "typing":
      return { frame: { type: "typing" } };
    case "history":
      return parseHistory(fields);
    default:
      return bad(
        `Cannot read the frame: type is ${show(fields.type)}, ` +
          "allowed are hello, send, edit, delete, typing, read and history",
      );
  }
}

function parseSend(fields: Fields): ParsedFrame {
  const { cid, content, replyTo, files } = fields;
  if (typeof cid !== "string" || !CID_PATTERN.test(cid)) {
    return bad(`Cannot send: cid is ${show(cid)}, allowed are 1 to 64 of A-Z, a-z, 0-9, _ and -`);
  }
  if (replyTo !== undefined && !isCount(replyTo, 1)) {
    return bad(`Cannot send: replyTo is ${show(replyTo)}, allowed are whole numbers from 1`, cid);
  }
  if (files !== undefined && !isFileList(files)) {
    return bad(`Cannot send: files is not a list of at most ${MAX_FILES} file ids`, cid);
  }
  const fault = contentFault(content, "send", files !== undefined && files.length > 0);
  if (fault !== undefined) return { fault: { ...fault, cid } };
  const words = { type: "send", cid, content: content as string } as const;
  if (replyTo === undefined && files === undefined) return { frame: words };
  return {
    frame: {
      ...words,
      ...(replyTo !== undefined && { replyTo }),
      ...(files !== undefined && { files }),
    },
  };
}

function parseEdit(fields: Fields): ParsedFrame {
  const { seq, content } = fields;
  if (!isCount(seq, 1)) return bad(`Cannot edit: seq is ${show(seq)}, allowed are whole numbers from 1`);
  const fault = contentFault(content, "edit", false);
  if (fault !== undefined) return { fault: { ...fault, seq } };
  return { frame: { type: "edit", seq, content: content as string } };
}

function parseHello(fields: Fields): ParsedFrame {
  const { v, session = null, after = 0, page, locale, identity } = fields;
  const fault = (message: string): ParsedFrame => ({ fault: { code: "bad_hello", message } });
  if (v !== PROTOCOL_VERSION) {
    return fault(`Cannot say hello: v is ${show(v)}, allowed is ${PROTOCOL_VERSION}`);
  }
  if (session !== null && typeof session !== "string") {
    return fault(`Cannot say hello: session is ${show(session)}, allowed are a string and null`);
  }
  if (!isCount(after, 0)) {
    return fault(`Cannot say hello: after is ${show(after)}, allowed are whole numbers from 0`);
  }
  return {
    frame: {
      type: "hello",
      v,
      // One that cannot be ours is as good as none.
      session: session !== null && session.length <= MAX_SESSION ? session : null,
      after,
      ...parsePage(page),
      ...(typeof locale === "string" && locale !== "" && { locale: clip(locale, MAX_LOCALE) }),
      ...parseIdentity(identity),
    },
  };
}

/** A token that cannot be one is kept as an empty one, and refused like any other bad token. */
function parseIdentity(identity: unknown): { readonly identity?: IdentityClaim } {
  if (typeof identity !== "object" || identity === null) return {};
  const { token, name, email } = identity as Fields;
  if (token === undefined || token === null) return { identity: nameAndEmail(name, email) };
  return { identity: { token: typeof token === "string" && token.length <= MAX_TOKEN ? token : "" } };
}

/** What the page says of itself is a courtesy for the staff: what does not fit is left out, never refused. */
function parsePage(page: unknown): { readonly page?: { readonly url?: string; readonly title?: string } } {
  if (typeof page !== "object" || page === null) return {};
  const { url, title } = page as Fields;
  return {
    page: {
      ...(typeof url === "string" && url.length <= MAX_URL && { url: url.toWellFormed() }),
      ...(typeof title === "string" && { title: clip(title, MAX_TITLE) }),
    },
  };
}

function parseHistory(fields: Fields): ParsedFrame {
  const { before, limit } = fields;
  if (!isCount(before, 1)) {
    return bad(`Cannot read history: before is ${show(before)}, allowed are whole numbers from 1`);
  }
  if (!isCount(limit, 1) || limit > MAX_HISTORY_PAGE) {
    return bad(
      `Cannot read history: limit is ${show(limit)}, allowed are whole numbers from 1 to ${MAX_HISTORY_PAGE}`,
    );
  }
  return { frame: { type: "history", before, limit } };
}

function parseSeq(fields: Fields, key: string, make: (seq: number) => ClientFrame): ParsedFrame {
  const seq = fields[key];
  if (isCount(seq, 1)) return { frame: make(seq) };
  return bad(`Cannot ${String(fields.type)}: ${key} is ${show(seq)}, allowed are whole numbers from 1`);
}

function contentFault(content: unknown, action: string, mayBeEmpty: boolean): FrameFault | undefined {
  if (typeof content !== "string") {
    return { code: "bad_frame", message: `Cannot ${action}: content is ${show(content)}, allowed is text` };
  }
  if (!content.isWellFormed()) {
    return {
      code: "bad_frame",
      message: `Cannot ${action}: content has an unpaired surrogate, allowed is Unicode text`,
    };
  }
  const trimmed = withoutOuterLineEnds(content);
  if (trimmed === "") {
    if (mayBeEmpty) return undefined;
    return { code: "content_empty", message: `Cannot ${action}: content is empty` };
  }
  // Code points are at most as many as code units; only a long text needs counting.
  const length = trimmed.length > MAX_CONTENT_CODE_POINTS ? countCodePoints(trimmed) : 0;
  if (length > MAX_CONTENT_CODE_POINTS) {
    return {
      code: "content_too_long",
      message: `Cannot ${action}: content has ${length} characters, allowed are ${MAX_CONTENT_CODE_POINTS}`,
    };
  }
  return undefined;
}

/** By index: an expression that looks for line ends before the end begins anew at each of a run in the middle. */
function withoutOuterLineEnds(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isLineEnd(text.charCodeAt(start))) start++;
  while (end > start && isLineEnd(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function isCount(value: unknown, from: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= from;
}

function isFileList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= MAX_FILES &&
    value.every((id) => typeof id === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(id));
}

function bad(message: string, cid?: string): ParsedFrame {
  return { fault: { code: "bad_frame", message, ...(cid !== undefined && { cid }) } };
}

function clip(text: string, most: number): string {
  return text.slice(0, most).toWellFormed();
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 40 ? `${text.slice(0, 40).toWellFormed()}...` : text;
}
