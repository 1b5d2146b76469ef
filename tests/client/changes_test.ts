import assert from "node:assert/strict";
import { type MessageRow, rowsOf } from "../../src/client/view/rows.ts";
import type { Message, ServerFrame } from "../../src/web/protocol.ts";
import { Browser, type Tab } from "./support/chat.ts";
import type { ServerEnd } from "./support/fake_network.ts";
import { message, messages, news, SESSION, UID } from "./support/frames.ts";

const OTHER = "22222222-2222-4222-8222-222222222222";

function mine(seq: number, parts: Partial<Message> = {}): Message {
  return message(seq, { from: "visitor", ...parts });
}

/** A conversation of three messages of the visitor's own. */
function talking(): { tab: Tab; end: ServerEnd } {
  const tab = new Browser().tab();
  return { tab, end: tab.open({ session: SESSION, messages: [mine(1), mine(2), mine(3)] }) };
}

/** The changes as one word each. */
function waiting(tab: Tab): string[] {
  return tab.client.state.changes.map(({ frame, failed }) =>
    `${frame.type} ${frame.seq}${failed === undefined ? "" : ` ${failed.code}`}`
  );
}

function refusal(code: "rate_limited" | "forbidden" | "internal", parts: object = {}): ServerFrame {
  return { type: "error", code, message: "Cannot edit", ...parts };
}

function rowOf(tab: Tab, seq: number): MessageRow | undefined {
  return rowsOf(tab.client.state, null).find((row): row is MessageRow =>
    row.kind === "message" && row.seq === seq
  );
}

Deno.test("Changes go out one at a time, in order, each after the answer to the one before", () => {
  const { tab, end } = talking();
  tab.client.edit(1, "one");
  tab.client.delete(2);
  tab.client.edit(3, "three");
  assert.deepEqual(end.inbox, [{ type: "edit", seq: 1, content: "one" }]);
  end.send(news(mine(1, { rev: 4, content: "one", editedAt: 9 })));
  assert.deepEqual(end.inbox.at(-1), { type: "delete", seq: 2 });
  end.send(news(mine(2, { rev: 5, content: "", deleted: true })));
  end.send(news(mine(3, { rev: 6, content: "three", editedAt: 9 })));
  assert.deepEqual(waiting(tab), []);
  assert.equal(end.inbox.length, 3);
});

Deno.test("Changes in flight when the connection dies go out again with the next, unless they had arrived", () => {
  const { tab, end } = talking();
  tab.client.edit(1, "lost");
  end.close();
  tab.client.edit(2, "written without a connection");
  tab.client.delete(3);
  tab.client.wake();
  const next = tab.welcome({ messages: [mine(3, { rev: 4, content: "", deleted: true })], rev: 4 });
  assert.deepEqual(waiting(tab), ["edit 1", "edit 2"]);
  assert.deepEqual(next.take(), { type: "edit", seq: 1, content: "lost" });
  next.close();
  tab.client.wake();
  // It had arrived; only the answer was lost.
  const last = tab.welcome({ messages: [mine(1, { rev: 5, content: "lost", editedAt: 9 })], rev: 5 });
  assert.deepEqual(last.inbox, [{ type: "edit", seq: 2, content: "written without a connection" }]);
});

for (const [server, parts] of [["names no message", {}], ["names the message", { seq: 1 }]] as const) {
  Deno.test(`Changes refused by a limit go out when it says so, where the error ${server}`, () => {
    const { tab, end } = talking();
    tab.client.edit(1, "too quick");
    tab.client.edit(2, "next");
    end.inbox.length = 0;
    end.send(refusal("rate_limited", { ...parts, retryAfterMs: 12_000 }));
    assert.equal(tab.client.state.pausedUntil, tab.browser.clock.now() + 12_000);
    assert.deepEqual(waiting(tab), ["edit 1", "edit 2"]);
    assert.deepEqual(tab.events, [], "waiting is nothing to complain about");
    tab.client.send("a message waits as well");
    tab.browser.clock.advance(11_999);
    assert.deepEqual(end.takeAll("edit"), []);
    assert.deepEqual(end.takeAll("send"), []);
    tab.browser.clock.advance(1);
    assert.deepEqual(end.takeAll("edit"), [{ type: "edit", seq: 1, content: "too quick" }]);
    assert.equal(end.takeAll("send").length, 1);
  });

  Deno.test(`Changes refused for good leave the message as it was and wait for a retry, where the error ${server}`, () => {
    const { tab, end } = talking();
    tab.client.edit(1, "not allowed");
    tab.client.delete(2);
    assert.equal(rowOf(tab, 1)?.content, "not allowed");
    assert.equal(rowOf(tab, 1)?.progress, "sending");
    end.send(refusal("forbidden", parts));
    assert.deepEqual(waiting(tab), ["edit 1 forbidden", "delete 2"]);
    assert.deepEqual(tab.events, [
      { type: "changeFailed", change: "edit", seq: 1, code: "forbidden", message: "Cannot edit" },
    ]);
    assert.equal(rowOf(tab, 1)?.content, "message 1");
    assert.deepEqual(rowOf(tab, 1)?.change, { type: "edit", refused: "forbidden" });
    assert.deepEqual(end.inbox.at(-1), { type: "delete", seq: 2 }, "the others go on");
    end.send(news(mine(2, { rev: 4, content: "", deleted: true })));
    tab.client.retryChange(1);
    assert.deepEqual(end.inbox.at(-1), { type: "edit", seq: 1, content: "not allowed" });
    end.send(refusal("internal", parts));
    tab.client.discardChange(1);
    assert.deepEqual(waiting(tab), []);
    assert.equal(rowOf(tab, 1)?.change, null);
  });
}

Deno.test("Changes are not blamed for an error about another message", () => {
  const { tab, end } = talking();
  tab.client.edit(1, "on its way");
  end.send(refusal("forbidden", { seq: 3 }));
  assert.deepEqual(waiting(tab), ["edit 1"]);
  assert.equal(tab.events.length, 1);
});

Deno.test("Changes overtake what still waits for the same message, not what is on its way", () => {
  const { tab, end } = talking();
  tab.client.edit(1, "first");
  tab.client.edit(1, "second");
  tab.client.edit(1, "third");
  assert.deepEqual(waiting(tab), ["edit 1", "edit 1"]);
  assert.equal(rowOf(tab, 1)?.content, "third");
  end.send(news(mine(1, { rev: 4, content: "first", editedAt: 9 })));
  assert.equal(rowOf(tab, 1)?.content, "third", "nothing flickers back");
  assert.deepEqual(end.inbox.at(-1), { type: "edit", seq: 1, content: "third" });
  // Back to what is there is a change, too, while another is under way.
  tab.client.edit(1, "first");
  assert.deepEqual(waiting(tab), ["edit 1", "edit 1"]);
});

Deno.test("Changes that change nothing ask for nothing, and an answer that never comes holds nobody up", () => {
  const { tab, end } = talking();
  tab.client.edit(1, "message 1");
  assert.deepEqual(end.inbox, []);
  tab.client.edit(1, "hello");
  tab.client.edit(2, "there");
  for (let seconds = 0; seconds < 10; seconds++) {
    tab.browser.clock.advance(1_000);
    end.send({ type: "presence", agents: "online" });
  }
  assert.deepEqual(end.takeAll("edit").map(({ seq }) => seq), [1, 2]);
  assert.deepEqual(waiting(tab), ["edit 2"]);
});

Deno.test("Changes of one conversation never reach another", () => {
  for (
    const leave of [
      (tab: Tab) => tab.client.forget(),
      (tab: Tab) => tab.client.identify({ token: "x.eyJzdWIiOiJhZGEifQ.y" }),
      (tab: Tab) => tab.browser.network.last.close(),
    ]
  ) {
    const { tab, end } = talking();
    tab.client.edit(1, "mine alone");
    end.close();
    leave(tab);
    tab.client.wake();
    const next = tab.welcome({
      uid: OTHER,
      session: `${OTHER}.secret`,
      messages: messages(1, 3),
      reset: true,
    });
    next.send({ type: "history", messages: [], more: false });
    assert.deepEqual(next.takeAll("edit"), []);
    assert.deepEqual(waiting(tab), []);
  }
  assert.notEqual(OTHER, UID);
});

Deno.test("rowsOf shows a deletion on its way, and one that was refused", () => {
  const { tab, end } = talking();
  tab.client.delete(2);
  assert.deepEqual(rowOf(tab, 2)?.change, { type: "delete", refused: null });
  assert.equal(rowOf(tab, 2)?.progress, "sending");
  end.close();
  assert.equal(rowOf(tab, 2)?.progress, "queued");
  tab.client.wake();
  tab.welcome().send(refusal("internal"));
  assert.deepEqual(rowOf(tab, 2)?.change, { type: "delete", refused: "internal" });
  assert.equal(rowOf(tab, 2)?.progress, "sent");
});

/** The page again, in the same tab or in another one, once the old page said goodbye. */
function reopened(tab: Tab, how: "reloaded" | "closed"): Tab {
  const { browser } = tab;
  tab.client.release();
  tab.client.stop();
  return browser.tab(how === "reloaded" ? { tab: "one" } : {});
}

/** Two changes asked for without a connection. */
function offline(): Tab {
  const tab = new Browser().tab({ tab: "one" });
  const end = tab.open({ session: SESSION, messages: [mine(1), mine(2), mine(3)] });
  end.close();
  tab.client.edit(1, "first try");
  tab.client.edit(1, "changed offline");
  tab.client.delete(2);
  return tab;
}

for (const how of ["reloaded", "closed"] as const) {
  Deno.test(`Changes asked for without a connection are made by the next page, where this one was ${how}`, () => {
    const tab = offline();
    const next = reopened(tab, how);
    const end = next.open({ messages: [mine(1), mine(2), mine(3)] });
    assert.deepEqual(waiting(next), ["edit 1", "delete 2"]);
    assert.equal(rowOf(next, 1)?.content, "changed offline", "it shows at once");
    assert.deepEqual(end.take(), { type: "edit", seq: 1, content: "changed offline" });
    end.send(news(mine(1, { rev: 4, content: "changed offline", editedAt: 9 })));
    assert.deepEqual(end.take(), { type: "delete", seq: 2 });
    end.send(news(mine(2, { rev: 5, content: "", deleted: true })));
    const last = reopened(next, "reloaded");
    assert.deepEqual(last.open({ messages: [mine(1), mine(3)] }).inbox, [], "once");
    assert.deepEqual(tab.browser.storage.tab().keys("chatbox50.change"), [], "nothing is left behind");
  });
}

Deno.test("Changes that had arrived before the reload are not asked for again", () => {
  const next = reopened(offline(), "reloaded");
  const end = next.open({ messages: [mine(1, { content: "changed offline", editedAt: 9 }), mine(2)] });
  assert.deepEqual(end.inbox, [{ type: "delete", seq: 2 }]);
});

Deno.test("Changes of a tab that lives are its own", () => {
  const tab = offline();
  const other = tab.browser.tab({ tab: "two" });
  assert.deepEqual(other.open({ messages: [mine(1), mine(2), mine(3)] }).inbox, []);
  tab.client.wake();
  assert.deepEqual(waiting(tab), ["edit 1", "delete 2"]);
});

Deno.test("[O3] Changes that wait in the storage reach no other conversation, and go with their visitor's signing out", () => {
  const tab = offline();
  const stranger = reopened(tab, "reloaded");
  const end = stranger.open({ uid: OTHER, session: `${OTHER}.secret`, messages: messages(1, 3) });
  assert.deepEqual(end.inbox, []);
  assert.deepEqual(waiting(stranger), []);
  const left = offline();
  left.client.forget();
  assert.deepEqual(left.browser.storage.tab().keys("chatbox50.change"), []);
});
