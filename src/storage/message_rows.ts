import type { Author, FileReference, JsonObject, Message, Side, Uuid } from "../core/mod.ts";
import { fromText } from "./text.ts";

/** The columns of a message as a statement selects them. */
export const MESSAGE_COLUMNS =
  `seq, rev, changed_rev, side, cid, content, extra, created_at, edited_at, deleted_at, failed`;

/** A row with {@link MESSAGE_COLUMNS}. */
export interface MessageRow {
  readonly seq: number;
  readonly rev: number;
  readonly changed_rev: number | null;
  readonly side: Side;
  readonly cid: string | null;
  readonly content: string;
  readonly extra: string | null;
  readonly created_at: number;
  readonly edited_at: number | null;
  readonly deleted_at: number | null;
  readonly failed: string | null;
}

/** The parts of a message that most do not have, in one JSON column. */
interface Extra {
  readonly author?: Author;
  readonly replyTo?: number;
  readonly files?: readonly FileReference[];
  readonly data?: JsonObject;
}

/** The `extra` column of a message; `null` when there is nothing to keep. */
export function encodeExtra({ author, replyTo, files, data }: Extra): string | null {
  if (author === undefined && replyTo === undefined && files === undefined && data === undefined) return null;
  return JSON.stringify({ author, replyTo, files, data });
}

/** The message of a row. */
export function decodeMessage(uid: Uuid, row: MessageRow): Message {
  return {
    uid,
    seq: row.seq,
    rev: row.changed_rev ?? row.rev,
    side: row.side,
    content: fromText(row.content),
    createdAt: row.created_at,
    ...(row.cid !== null && { cid: fromText(row.cid) }),
    ...(row.extra !== null && JSON.parse(row.extra)),
    ...(row.edited_at !== null && { editedAt: row.edited_at }),
    ...(row.deleted_at !== null && { deletedAt: row.deleted_at }),
    ...(row.failed !== null && { failed: fromText(row.failed) }),
  };
}
