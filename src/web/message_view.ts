import type { Author, JsonValue, Message as StoredMessage, Side } from "../core/mod.ts";
import type { MarkupNode, Message } from "./protocol.ts";

/** The side of the ChatBox on which the visitors are. */
export const VISITOR_SIDE: Side = 1;

/**
 * A stored message as its visitor sees it.
 *
 * @param avatarPath where the picture that an author has elsewhere is on this server; `undefined` when it is not
 */
export function viewMessage(
  message: StoredMessage,
  avatarPath: (address: string) => string | undefined,
): Message {
  const { seq, rev, side, content, createdAt, author, data, editedAt, deletedAt, replyTo, files, failed } =
    message;
  const fromVisitor = side === VISITOR_SIDE;
  const nodes = data?.nodes;
  return {
    seq,
    rev,
    from: fromVisitor ? "visitor" : data?.system === true ? "system" : "agent",
    content,
    at: createdAt,
    ...(author !== undefined && !fromVisitor && { author: viewAuthor(author, avatarPath) }),
    ...(isNodes(nodes) && { nodes }),
    ...(editedAt !== undefined && { editedAt }),
    ...(deletedAt !== undefined && { deleted: true }),
    ...(replyTo !== undefined && { replyTo }),
    ...(files !== undefined && { files }),
    ...(failed !== undefined && { failed }),
  };
}

/** Visitors' browsers ask no other server for a picture: it would learn who reads, and when. */
function viewAuthor({ name, avatar }: Author, avatarPath: (address: string) => string | undefined): Author {
  const path = avatar === undefined ? undefined : avatarPath(avatar);
  return { name, ...(path !== undefined && { avatar: path }) };
}

// The Discord side makes the tree, and stores it as JSON; it is the one writer of this field.
function isNodes(value: JsonValue | undefined): value is JsonValue & readonly MarkupNode[] {
  return Array.isArray(value);
}
