/**
 * Copies what services hand in, if it is allowed.
 *
 * @module
 */
import { checkJsonObject, checkText, checkTexts, checkWhole, refuse } from "./check.ts";
import type { Author, FileReference, MessageDraft, MessageEdit } from "./message.ts";

/** A copy of a message that is to be sent. */
export function checkDraft(draft: MessageDraft): MessageDraft {
  const action = "send a message";
  if (typeof draft !== "object" || draft === null) {
    return refuse(action, "the draft", draft, "are text and a MessageDraft");
  }
  const { content, cid, author, replyTo, files, data, remoteIds, cursor } = draft;
  const words: MessageDraft = cid === undefined
    ? { content: checkText(action, "content", content) }
    : { content: checkText(action, "content", content), cid: checkText(action, "cid", cid) };
  // Most messages are nothing but words, and each part that is spread costs although it is not there.
  const isPlain = author === undefined && replyTo === undefined && files === undefined &&
    data === undefined &&
    remoteIds === undefined && cursor === undefined;
  if (isPlain) return words;
  return {
    ...words,
    ...(author !== undefined && { author: checkAuthor(action, author) }),
    ...(replyTo !== undefined && { replyTo: checkWhole(action, "replyTo", replyTo, 1) }),
    ...(files !== undefined && { files: checkFiles(action, files) }),
    ...(data !== undefined && { data: checkJsonObject(action, "data", data) }),
    ...(remoteIds !== undefined && { remoteIds: checkTexts(action, "remoteIds", remoteIds) }),
    ...(cursor !== undefined && { cursor: checkText(action, "cursor", cursor) }),
  };
}

/** A copy of what an edit changes. */
export function checkEdit(edit: MessageEdit): MessageEdit {
  const action = "edit a message";
  if (typeof edit !== "object" || edit === null) {
    return refuse(action, "the edit", edit, "are text and a MessageEdit");
  }
  const { content, files, data } = edit;
  return {
    content: checkText(action, "content", content),
    ...(files !== undefined && { files: checkFiles(action, files) }),
    ...(data !== undefined && { data: checkJsonObject(action, "data", data) }),
  };
}

function checkAuthor(action: string, author: Author): Author {
  if (typeof author !== "object" || author === null) return refuse(action, "author", author, "is an Author");
  const { name, avatar } = author;
  return Object.freeze({
    name: checkText(action, "author.name", name),
    ...(avatar !== undefined && { avatar: checkText(action, "author.avatar", avatar) }),
  });
}

function checkFiles(action: string, files: readonly FileReference[]): readonly FileReference[] {
  if (!Array.isArray(files)) return refuse(action, "files", files, "are lists of FileReference");
  return Object.freeze(files.map((file: FileReference, index) => checkFile(action, `files[${index}]`, file)));
}

function checkFile(action: string, what: string, file: FileReference): FileReference {
  if (typeof file !== "object" || file === null) return refuse(action, what, file, "is a FileReference");
  const { id, name, type, size, width, height } = file;
  return Object.freeze({
    id: checkText(action, `${what}.id`, id),
    name: checkText(action, `${what}.name`, name),
    type: checkText(action, `${what}.type`, type),
    size: checkWhole(action, `${what}.size`, size, 0),
    ...(width !== undefined && { width: checkWhole(action, `${what}.width`, width, 0) }),
    ...(height !== undefined && { height: checkWhole(action, `${what}.height`, height, 0) }),
  });
}
