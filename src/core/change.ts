import type { Uuid } from "./id_type.ts";
import type { Message, MessageDraft } from "./message.ts";
import type { AppendRequest, ChangeRequest } from "./ports.ts";

/**
 * How far back a `cid` is recognised, in messages of the conversation.
 *
 * @example How long resending is safe
 * ```ts
 * import { ChatBox, CID_WINDOW, string } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * await using box = new ChatBox({
 *   name: "example",
 *   service1: { name: "one", idType: string },
 *   service2: { name: "two" },
 *   debug: true,
 * });
 * await box.worker1.accessNewClient("ada");
 * const send = box.worker1.getMessageSender("ada");
 * await send({ content: "Hello", cid: "first" });
 * for (let i = 1; i < CID_WINDOW; i++) await send("more");
 * equal((await send({ content: "Hello", cid: "first" })).seq, 1);
 * ```
 */
export const CID_WINDOW = 1_000;

/**
 * The message that a store keeps for a request. Frozen: the sender, the listeners and the receiver may get the same one.
 *
 * @example In a store of your own
 * ```ts
 * import { appendedMessage, randomUuid } from "@chatbox50/chatbox50/core";
 * import { deepEqual } from "node:assert/strict";
 *
 * const uid = randomUuid();
 * const request = { side: 1, draft: { content: "Hello", cursor: "c" }, at: 5, targets: [2] } as const;
 * deepEqual(appendedMessage(uid, 1, 1, request), { uid, seq: 1, rev: 1, side: 1, content: "Hello", createdAt: 5 });
 * ```
 */
export function appendedMessage(uid: Uuid, seq: number, rev: number, request: AppendRequest): Message {
  const { side, draft, at } = request;
  return Object.freeze({ ...contentOf(draft), uid, seq, rev, side, createdAt: at });
}

/** What of a draft is the message's, without what its side keeps for itself. */
function contentOf(draft: MessageDraft): Omit<MessageDraft, "remoteIds" | "cursor"> {
  // Most have neither, and a copy with something left out takes several times as long.
  if (draft.remoteIds === undefined && draft.cursor === undefined) return draft;
  const { remoteIds: _remoteIds, cursor: _cursor, ...kept } = draft;
  return kept;
}

/**
 * The message after a change, frozen; `undefined` when the change asks for what it already is, or edits what has failed for good.
 *
 * @example In a store of your own
 * ```ts
 * import { appendedMessage, changedMessage, randomUuid } from "@chatbox50/chatbox50/core";
 * import { equal } from "node:assert/strict";
 *
 * const request = { side: 1, draft: { content: "Helo" }, at: 5, targets: [2] } as const;
 * const message = appendedMessage(randomUuid(), 1, 1, request);
 * const edit = { seq: 1, at: 6, targets: [2], change: { type: "edit", content: "Hello" } } as const;
 * const edited = changedMessage(message, edit, 2);
 * equal(edited?.content, "Hello");
 * equal(edited && changedMessage(edited, edit, 3), undefined);
 * ```
 */
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
