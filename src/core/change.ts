import type { Uuid } from "./id_type.ts";
import type { Message } from "./message.ts";
import type { AppendRequest, ChangeRequest } from "./ports.ts";

/** How far back a `cid` is recognised, in messages of the conversation. */
export const CID_WINDOW = 1_000;

/** The message that a store keeps for a request. Frozen: the sender, the listeners and the receiver may get the same one. */
export function appendedMessage(uid: Uuid, seq: number, rev: number, request: AppendRequest): Message {
  const { remoteIds: _remoteIds, cursor: _cursor, ...kept } = request.draft;
  return Object.freeze({ ...kept, uid, seq, rev, side: request.side, createdAt: request.at });
}

/** The message after a change, frozen; `undefined` when the change asks for what it already is, or edits what has failed for good. */
export function changedMessage(message: Message, request: ChangeRequest, rev: number): Message | undefined {
  const { change, at } = request;
  if (message.deletedAt !== undefined) return undefined;
  switch (change.type) {
    case "delete": {
      // A deletion is tried whatever became of the message before.
      const { files: _files, data: _data, failed: _failed, ...rest } = message;
      return Object.freeze({ ...rest, rev, content: "", deletedAt: at });
    }
    case "fail":
      return message.failed === change.words
        ? undefined
        : Object.freeze({ ...message, rev, failed: change.words });
    case "edit": {
      if (message.failed !== undefined) return undefined;
      const { content, files = message.files, data = message.data } = change;
      const same = content === message.content && equalJson(files, message.files) &&
        equalJson(data, message.data);
      if (same) return undefined;
      return Object.freeze({
        ...message,
        rev,
        content,
        editedAt: at,
        ...(files && { files }),
        ...(data && { data }),
      });
    }
  }
}

function equalJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
