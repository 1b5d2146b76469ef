import assert from "node:assert/strict";
import type { Message } from "../../src/web/protocol.ts";
import type { PendingMessage } from "../../src/client/pending.ts";
import type { ChatState } from "../../src/client/state.ts";
import { type MessageRow, type Row, rowsOf } from "../../src/client/view/rows.ts";
import { Browser } from "./support/chat.ts";
import { message } from "./support/frames.ts";

const NOON = new Date(2025, 5, 10, 12).getTime();
const MINUTE = 60_000;

function stateOf(messages: readonly Message[], parts: Partial<ChatState> = {}): ChatState {
  return { ...new Browser().tab().client.state, messages, ...parts };
}

function messageRows(rows: readonly Row[]): MessageRow[] {
  return rows.filter((row) => row.kind === "message");
}

/** A row as one word: groups by brackets, the meta line as a dot. */
function shape(rows: readonly Row[]): string {
  return rows.map((row) => {
    if (row.kind !== "message") return row.kind;
    return `${row.first ? "[" : ""}${row.seq ?? row.cid}${row.meta ? "." : ""}${row.last ? "]" : ""}`;
  }).join(" ");
}

Deno.test("rowsOf groups what one author writes within five minutes of one day", () => {
  const rows = rowsOf(
    stateOf([
      message(1, { at: NOON }),
      message(2, { at: NOON + MINUTE }),
      message(3, { at: NOON + 2 * MINUTE, author: { name: "Sam" } }),
      message(4, { at: NOON + 3 * MINUTE, from: "visitor" }),
      message(5, { at: NOON + 9 * MINUTE, from: "visitor" }),
      message(6, { at: NOON + 24 * 60 * MINUTE, from: "visitor" }),
    ]),
    null,
  );
  assert.equal(shape(rows), "day [1 2.] [3.] [4.] [5.] day [6.]");
});

Deno.test("rowsOf marks an edit in the middle of a group", () => {
  const rows = rowsOf(
    stateOf([
      message(1, { at: NOON, editedAt: NOON + 1 }),
      message(2, { at: NOON }),
      message(3, { at: NOON }),
    ]),
    null,
  );
  assert.equal(shape(rows), "day [1. 2 3.]");
});

Deno.test("rowsOf parts groups at midnight", () => {
  const midnight = new Date(2025, 5, 11).getTime();
  const rows = rowsOf(stateOf([message(1, { at: midnight - 1 }), message(2, { at: midnight })]), null);
  assert.equal(shape(rows), "day [1.] day [2.]");
});

Deno.test("rowsOf shows how far each of the visitor's messages has come, and where that changes", () => {
  const mine = (seq: number, parts: Partial<Message> = {}): Message =>
    message(seq, { from: "visitor", at: NOON, ...parts });
  const rows = rowsOf(
    stateOf([mine(1), mine(2), mine(3), mine(4), mine(5, { failed: "the thread is locked" })], {
      read: 1,
      delivered: 3,
    }),
    null,
  );
  assert.deepEqual(messageRows(rows).map((row) => row.progress), [
    "read",
    "delivered",
    "delivered",
    "sent",
    "undelivered",
  ]);
  assert.equal(shape(rows), "day [1. 2 3. 4. 5.]");
  assert.equal(messageRows(rows)[4]?.failure, "the thread is locked");
});

Deno.test("rowsOf shows waiting messages as sending, waiting for the connection, or refused", () => {
  const item: PendingMessage = { cid: "c", order: 0, content: "x", at: NOON };
  const progress = (parts: Partial<ChatState>): MessageRow["progress"] | undefined =>
    messageRows(rowsOf(stateOf([], parts), null))[0]?.progress;
  assert.equal(progress({ pending: [item] }), "queued");
  assert.equal(progress({ pending: [item], connection: { status: "open", since: 0 } }), "sending");
  const failed = { code: "content_too_long", message: "" } as const;
  assert.equal(progress({ pending: [{ ...item, failed }] }), "refused");
});

Deno.test("rowsOf keeps a message's key when it becomes a stored one", () => {
  const pending = rowsOf(stateOf([], { pending: [{ cid: "abc", order: 0, content: "x", at: NOON }] }), null);
  const stored = rowsOf(stateOf([{ ...message(1, { from: "visitor" }), cid: "abc" } as Message]), null);
  assert.equal(messageRows(pending)[0]?.key, messageRows(stored)[0]?.key);
});

Deno.test("rowsOf draws the line above the first unread message of others, once", () => {
  const at = NOON;
  const state = stateOf([
    message(1, { at }),
    message(2, { at, from: "visitor" }),
    message(3, { at }),
    message(4, { at }),
  ]);
  assert.equal(shape(rowsOf(state, 1)), "day [1.] [2.] unread [3 4.]");
  assert.equal(shape(rowsOf(state, 4)), "day [1.] [2.] [3 4.]");
  assert.equal(shape(rowsOf(state, null)), "day [1.] [2.] [3 4.]");
});

Deno.test("rowsOf quotes what a reply answers, loaded or not, and never groups with what was deleted", () => {
  const rows = messageRows(rowsOf(
    stateOf([
      message(7, { at: NOON }),
      message(8, { at: NOON, replyTo: 7 }),
      message(9, { at: NOON, replyTo: 2, content: "", deleted: true }),
    ]),
    null,
  ));
  assert.equal(rows[1]?.quote?.message?.seq, 7);
  assert.deepEqual(rows[2]?.quote, { seq: 2, message: null });
  assert.equal(rows[2]?.first, true);
});
