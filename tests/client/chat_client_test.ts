import assert from "node:assert/strict";
import { Browser, type Tab } from "./support/chat.ts";
import { message, messages, news, SESSION, welcome } from "./support/frames.ts";

function seqs(tab: Tab): number[] {
  return tab.client.state.messages.map((message) => message.seq);
}

Deno.test("ChatClient upserts by seq: new messages, edits and deletions", () => {
  const tab = new Browser().tab();
  const end = tab.open({ session: SESSION, messages: messages(1, 3) });
  end.send(news(message(5, { rev: 5 }), message(4, { rev: 4 })));
  end.send(
    news(
      message(2, { rev: 6, content: "changed", editedAt: 9 }),
      message(3, { rev: 7, content: "", deleted: true }),
    ),
  );
  end.send(news(message(2, { rev: 2, content: "late and old" })));
  assert.deepEqual(tab.texts, ["message 1", "changed", "", "message 4", "message 5"]);
  assert.deepEqual(tab.events.map((event) => event.type), ["received"], "only what is new is an event");
});

Deno.test("ChatClient's cursor is the highest rev it has seen, in whichever frame", () => {
  const tab = new Browser().tab();
  const end = tab.open({ session: SESSION, messages: messages(1, 3), rev: 4 });
  const cursor = (): number => {
    tab.browser.network.last.close();
    tab.client.wake();
    tab.browser.network.last.accept();
    return tab.browser.network.last.takeAll("hello")[0]?.after ?? NaN;
  };
  end.send(news(message(2, { rev: 5 })));
  end.send(news(message(2, { rev: 5 })));
  const cid = tab.client.send("mine");
  end.send({ type: "acks", acks: [{ cid, seq: 4, rev: 6, at: 1 }] });
  assert.equal(cursor(), 6);
  tab.browser.network.last.send(welcome({ rev: 9, messages: [message(1, { rev: 9 })] }));
  assert.equal(cursor(), 9);
});

Deno.test("ChatClient catches up after a reconnect without losing what it has, and tells what is new", () => {
  const tab = new Browser().tab();
  tab.open({ session: SESSION, messages: messages(1, 3) }).close();
  tab.client.wake();
  tab.welcome({ rev: 6, messages: [message(2, { rev: 5, content: "edited" }), message(4, { rev: 6 })] });
  assert.deepEqual(tab.texts, ["message 1", "edited", "message 3", "message 4"]);
  const [event] = tab.events;
  assert.deepEqual(event?.type === "received" && event.messages.map((message) => message.seq), [4]);
});

Deno.test("ChatClient forgets what it had when the server says reset", () => {
  const tab = new Browser().tab();
  tab.open({ session: SESSION, messages: messages(1, 3) }).close();
  tab.client.wake();
  tab.welcome({ reset: true, more: true, rev: 300, messages: messages(251, 300) });
  assert.deepEqual([seqs(tab)[0], seqs(tab).at(-1), seqs(tab).length], [251, 300, 50]);
  assert.equal(tab.client.state.more, true);
  assert.deepEqual(tab.events, []);
});

Deno.test("ChatClient tells nothing as new at the first welcome", () => {
  const tab = new Browser().tab();
  tab.open({ session: SESSION, messages: messages(1, 3) });
  assert.deepEqual(tab.events, []);
  assert.equal(tab.client.state.unread, 0);
});

Deno.test("ChatClient tells what came while it was away from an empty conversation", () => {
  const tab = new Browser().tab();
  tab.open().close();
  tab.client.wake();
  tab.welcome({ messages: [message(1)] });
  assert.deepEqual(tab.events.map((event) => event.type), ["received"]);
  assert.equal(tab.client.state.unread, 1);
});

Deno.test("ChatClient pages back through the history, one question at a time", () => {
  const tab = new Browser().tab();
  const end = tab.open({ session: SESSION, more: true, messages: messages(101, 150) });
  tab.client.loadOlder();
  tab.client.loadOlder();
  assert.deepEqual(end.takeAll("history"), [{ type: "history", before: 101, limit: 50 }]);
  assert.equal(tab.client.state.loadingOlder, true);
  end.send({ type: "history", messages: messages(51, 100), more: true });
  assert.equal(tab.client.state.loadingOlder, false);
  tab.client.loadOlder(100);
  assert.deepEqual(end.takeAll("history"), [{ type: "history", before: 51, limit: 100 }]);
  end.send({ type: "history", messages: messages(1, 50), more: false });
  assert.deepEqual(seqs(tab), messages(1, 150).map((message) => message.seq));
  tab.client.loadOlder();
  assert.deepEqual(end.inbox, []);
  assert.deepEqual(tab.events, [], "old messages are no news");
});

Deno.test("ChatClient keeps its history without holes", () => {
  const tab = new Browser().tab();
  const end = tab.open({ session: SESSION, more: true, messages: messages(101, 150) });
  end.send(news(message(3, { rev: 151, content: "an edit of something not loaded" })));
  assert.equal(seqs(tab)[0], 101);
  tab.client.loadOlder();
  end.send({ type: "history", messages: messages(21, 70), more: true });
  assert.equal(seqs(tab)[0], 101, "a page that doesn't join is no answer");
  end.send({ type: "history", messages: messages(51, 100), more: true });
  assert.equal(seqs(tab)[0], 51);
});

Deno.test("ChatClient can ask for history again after an error, a silence or a reconnect", () => {
  const tab = new Browser().tab({ probeIntervalMs: 0 });
  let end = tab.open({ session: SESSION, more: true, messages: messages(51, 100) });
  tab.client.loadOlder();
  end.send({ type: "error", code: "rate_limited", message: "", retryAfterMs: 500 });
  assert.equal(tab.client.state.loadingOlder, false);
  tab.client.loadOlder();
  tab.browser.clock.advance(10_000);
  assert.equal(tab.client.state.loadingOlder, false);
  tab.client.loadOlder();
  end.close();
  assert.equal(tab.client.state.loadingOlder, false);
  tab.client.loadOlder();
  tab.client.wake();
  end = tab.welcome({ rev: 100 });
  tab.client.loadOlder();
  assert.equal(end.takeAll("history").length, 1);
});

Deno.test("ChatClient tells a probe's answer from a page of history", () => {
  const tab = new Browser().tab();
  const end = tab.open({ session: SESSION, more: true, messages: messages(51, 100) });
  tab.browser.clock.advance(45_000);
  tab.client.loadOlder();
  assert.equal(end.takeAll("history").length, 2);
  end.send({ type: "history", messages: [], more: false });
  assert.equal(tab.client.state.more, true);
  assert.equal(tab.client.state.loadingOlder, true);
  end.send({ type: "history", messages: messages(1, 50), more: false });
  assert.equal(tab.client.state.messages.length, 100);
});

Deno.test("ChatClient's watermarks only rise", () => {
  const tab = new Browser().tab();
  const end = tab.open();
  end.send({ type: "delivered", seq: 5 });
  end.send({ type: "read", seq: 4 });
  end.send({ type: "delivered", seq: 3 });
  end.send({ type: "read", seq: 2 });
  const { delivered, read } = tab.client.state;
  assert.deepEqual({ delivered, read }, { delivered: 5, read: 4 });
});

Deno.test("ChatClient says what was read, not more often than needed, and again after a reconnect", () => {
  const tab = new Browser().tab();
  const end = tab.open();
  for (let seq = 1; seq <= 3; seq++) {
    end.send(news(message(seq)));
    tab.client.markRead();
  }
  tab.client.markRead(2);
  tab.browser.clock.advance(1_000);
  assert.deepEqual(end.takeAll("read"), [{ type: "read", seq: 3 }]);
  end.send(news(message(4)));
  end.close();
  tab.client.markRead();
  tab.browser.clock.advance(300);
  tab.client.wake();
  assert.deepEqual(tab.welcome({ rev: 4 }).takeAll("read"), [{ type: "read", seq: 4 }]);
});

Deno.test("ChatClient counts as unread what others wrote and nobody deleted", () => {
  const tab = new Browser().tab();
  const end = tab.open({ session: SESSION, messages: messages(1, 2) });
  end.send(news(message(3), message(4, { from: "visitor" }), message(5, { from: "system" }), message(6)));
  assert.equal(tab.client.state.unread, 3);
  end.send(news(message(6, { rev: 7, content: "", deleted: true })));
  assert.equal(tab.client.state.unread, 2);
  tab.client.markRead(3);
  assert.equal(tab.client.state.unread, 1);
});

Deno.test("ChatClient says now and then that the visitor types, and at once after a message", () => {
  const tab = new Browser().tab();
  const end = tab.open();
  for (let key = 0; key < 10; key++) {
    tab.client.typing();
    tab.browser.clock.advance(1_000);
  }
  assert.equal(end.takeAll("typing").length, 2);
  tab.client.send("done");
  tab.client.typing();
  assert.equal(end.takeAll("typing").length, 1);
});

Deno.test("ChatClient shows who types until they write, stop or the connection goes", () => {
  const tab = new Browser().tab({ probeIntervalMs: 0 });
  const end = tab.open();
  const type = (): void => end.send({ type: "typing", name: "Mika" });
  type();
  assert.equal(tab.client.state.typing, "Mika");
  tab.browser.clock.advance(10_000);
  type();
  tab.browser.clock.advance(10_000);
  assert.equal(tab.client.state.typing, "Mika");
  tab.browser.clock.advance(1_000);
  assert.equal(tab.client.state.typing, null);
  type();
  end.send(news(message(1)));
  assert.equal(tab.client.state.typing, null);
  type();
  end.close();
  assert.equal(tab.client.state.typing, null);
});

Deno.test("ChatClient knows the server's clock, and takes presence and limits from it", () => {
  const browser = new Browser();
  const tab = browser.tab();
  const end = tab.open({
    session: SESSION,
    now: browser.clock.now() + 5_000,
    agents: "away",
    limits: { content: 10, files: 2, fileBytes: 3 },
  });
  tab.client.send("hello");
  assert.equal(tab.client.state.pending[0]?.at, browser.clock.now() + 5_000);
  assert.equal(tab.client.state.agents, "away");
  assert.equal(tab.client.state.limits.files, 2);
  end.send({ type: "presence", agents: "online" });
  assert.equal(tab.client.state.agents, "online");
});

Deno.test("ChatClient's state is one object until something changes, and old snapshots stay as they were", () => {
  const tab = new Browser().tab();
  const end = tab.open({ session: SESSION, messages: messages(1, 2) });
  const before = tab.client.state;
  assert.equal(tab.client.state, before);
  let calls = 0;
  const stop = tab.client.subscribe(() => calls++);
  end.send(news(message(3)));
  assert.notEqual(tab.client.state, before);
  assert.equal(before.messages.length, 2);
  assert.ok(calls > 0);
  stop();
  calls = 0;
  end.send(news(message(4)));
  assert.equal(calls, 0);
});
