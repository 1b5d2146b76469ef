import assert from "node:assert/strict";
import type { SendFrame } from "../../src/web/protocol.ts";
import { Browser } from "./support/chat.ts";
import type { ServerEnd } from "./support/fake_network.ts";
import { message, news, SESSION, welcome } from "./support/frames.ts";

function contents(frames: readonly SendFrame[]): string[] {
  return frames.map((frame) => frame.content);
}

function acknowledge(end: ServerEnd, cid: string, seq: number): void {
  end.send({ type: "acks", acks: [{ cid, seq, rev: seq, at: 5_000 + seq }] });
}

Deno.test("Outbox shows a message at once, and as stored when it is acknowledged", () => {
  const tab = new Browser().tab();
  const end = tab.open();
  const cid = tab.client.send("hello");
  assert.deepEqual(tab.texts, ["(hello)"]);
  assert.deepEqual(end.take(), { type: "send", cid, content: "hello" });
  acknowledge(end, cid, 1);
  const { messages, pending } = tab.client.state;
  assert.deepEqual(pending, []);
  assert.deepEqual(messages, [{ seq: 1, rev: 1, from: "visitor", content: "hello", at: 5_001, cid }]);
  assert.deepEqual(tab.events, [{ type: "acknowledged", message: messages[0] }]);
});

Deno.test("[D3] Outbox sends everything unacknowledged again after a reconnect, in order, with the same cids", () => {
  const tab = new Browser().tab();
  const first = tab.open();
  const cids = ["one", "two", "three"].map((text) => tab.client.send(text));
  acknowledge(first, cids[0] ?? "", 1);
  first.close();
  tab.client.send("four");
  tab.client.wake();
  const second = tab.welcome({ rev: 2, messages: [message(2, { from: "visitor", content: "two" })] });
  const again = second.takeAll("send");
  assert.deepEqual(contents(again), ["two", "three", "four"]);
  assert.deepEqual(again.slice(0, 2).map((frame) => frame.cid), cids.slice(1));
  // The server knew "two" already and gives its first answer again.
  second.send({
    type: "acks",
    acks: [{ cid: again[0]?.cid ?? "", seq: 2, rev: 2, at: 1 }, {
      cid: again[1]?.cid ?? "",
      seq: 3,
      rev: 3,
      at: 2,
    }],
  });
  assert.deepEqual(tab.texts, ["one", "two", "three", "(four)"]);
});

Deno.test("Outbox doesn't show a message twice that arrived although its acknowledgement was lost", () => {
  const tab = new Browser().tab();
  const first = tab.open();
  tab.client.send("hello");
  first.close();
  tab.client.wake();
  const at = tab.browser.clock.now();
  tab.welcome({ rev: 1, messages: [message(1, { from: "visitor", content: "hello", at })] });
  assert.equal(tab.client.state.messages.length, 1);
  assert.deepEqual(
    tab.texts,
    ["hello"],
    "the waiting one is hidden until the server says that they are the same",
  );
  const [again] = tab.browser.network.last.takeAll("send");
  acknowledge(tab.browser.network.last, again?.cid ?? "", 1);
  assert.deepEqual(tab.texts, ["hello"]);
});

Deno.test("Outbox shows a waiting message beside an equal one of long ago", () => {
  const tab = new Browser().tab();
  tab.client.send("ok");
  tab.open({ session: SESSION, messages: [message(1, { from: "visitor", content: "ok", at: 1 })] });
  assert.deepEqual(tab.texts, ["ok", "(ok)"]);
});

Deno.test("Outbox ignores acknowledgements it doesn't know and repeated ones", () => {
  const tab = new Browser().tab();
  const end = tab.open();
  const cid = tab.client.send("hello");
  acknowledge(end, "stranger", 9);
  acknowledge(end, cid, 1);
  acknowledge(end, cid, 1);
  assert.deepEqual(tab.texts, ["hello"]);
  assert.equal(tab.events.length, 1);
});

Deno.test("Outbox waits as long as a rate limit says, then goes on in order", () => {
  const tab = new Browser().tab();
  const end = tab.open();
  const [one = "", two = "", three = ""] = ["one", "two", "three"].map((text) => tab.client.send(text));
  end.takeAll("send");
  acknowledge(end, one, 1);
  end.send({ type: "error", code: "rate_limited", message: "", cid: two, retryAfterMs: 5_000 });
  end.send({ type: "error", code: "rate_limited", message: "", cid: three, retryAfterMs: 4_000 });
  tab.client.send("four");
  tab.browser.clock.advance(4_999);
  assert.deepEqual(end.inbox, []);
  assert.equal(tab.client.state.pausedUntil - tab.browser.clock.now(), 1);
  tab.browser.clock.advance(1);
  assert.deepEqual(contents(end.takeAll("send")), ["two", "three", "four"]);
  assert.equal(tab.client.state.pausedUntil, 0);
  assert.equal(tab.events.some((event) => event.type === "failed"), false);
});

Deno.test("Outbox keeps a refused message for a retry, and goes on with the others", () => {
  const tab = new Browser().tab();
  const end = tab.open();
  const bad = tab.client.send("bad");
  tab.client.send("good");
  end.send({ type: "error", code: "content_too_long", message: "too long", cid: bad });
  assert.deepEqual(contents(end.takeAll("send")), ["bad", "good"]);
  assert.deepEqual(tab.client.state.pending[0]?.failed, { code: "content_too_long", message: "too long" });
  assert.deepEqual(tab.events, [{ type: "failed", cid: bad, code: "content_too_long", message: "too long" }]);
  tab.client.retry(bad);
  assert.deepEqual(end.takeAll("send"), [{ type: "send", cid: bad, content: "bad" }]);
  tab.client.discard(bad);
  assert.equal(tab.client.state.pending.length, 2, "one that is on its way can't be discarded");
  end.send({ type: "error", code: "internal", message: "", cid: bad });
  tab.client.discard(bad);
  assert.deepEqual(tab.texts, ["(good)"]);
});

Deno.test("Outbox has at most maxInFlight messages without an answer", () => {
  const tab = new Browser().tab({ maxInFlight: 2 });
  const end = tab.open();
  const cids = ["one", "two", "three", "four"].map((text) => tab.client.send(text));
  assert.deepEqual(contents(end.takeAll("send")), ["one", "two"]);
  acknowledge(end, cids[0] ?? "", 1);
  assert.deepEqual(contents(end.takeAll("send")), ["three"]);
});

Deno.test("Outbox survives a reload: what waited goes out once, before what is new", () => {
  const browser = new Browser();
  const before = browser.tab();
  before.open();
  browser.network.last.close();
  before.client.send("one");
  before.client.send("two", { replyTo: 3 });
  before.client.release();
  const after = browser.tab();
  after.client.send("three");
  after.client.start();
  assert.deepEqual(after.texts, ["(one)", "(two)", "(three)"]);
  const sent = after.welcome().takeAll("send");
  assert.deepEqual(contents(sent), ["one", "two", "three"]);
  assert.equal(sent[1]?.replyTo, 3);
  for (const [index, frame] of sent.entries()) acknowledge(browser.network.last, frame.cid, index + 1);
  after.client.stop();
  const third = browser.tab();
  third.client.start();
  assert.deepEqual(third.texts, [], "what was acknowledged is kept no longer");
});

Deno.test("Outbox takes over from a tab that was killed, but not from one that lives", () => {
  const browser = new Browser();
  browser.tab().client.send("from one that lives");
  // The clock of a killed tab has stopped: its life sign grows old.
  browser.tab({ clock: { now: browser.clock.now, setTimer: () => () => {} } }).client.send(
    "from one that was killed",
  );
  const heir = browser.tab();
  heir.client.start();
  assert.deepEqual(heir.texts, [], "a tab that gave a sign lately is left alone");
  browser.clock.advance(60_000);
  assert.deepEqual(heir.texts, []);
  browser.clock.advance(60_000);
  assert.deepEqual(heir.texts, ["(from one that was killed)"]);
});

Deno.test("Outbox finds its own messages at once when the tab kept its id", () => {
  const browser = new Browser();
  browser.tab({ tab: "same" }).client.send("before the crash");
  const again = browser.tab({ tab: "same" });
  again.client.start();
  assert.deepEqual(again.texts, ["(before the crash)"]);
});

Deno.test("Outbox ignores what others put under its keys", () => {
  const browser = new Browser();
  const storage = browser.storage.tab();
  storage.set("chatbox50.out.x.1", "{");
  storage.set("chatbox50.out.x.2", '{"cid":1}');
  storage.set("chatbox50.out.x.3", "null");
  const tab = browser.tab();
  tab.client.start();
  assert.deepEqual(tab.texts, []);
});

Deno.test("Outbox sends nothing before the welcome and nothing to a closed socket", () => {
  const tab = new Browser().tab();
  tab.client.send("early");
  tab.client.start();
  const end = tab.browser.network.last;
  end.accept();
  assert.deepEqual(end.inbox.splice(0).map((frame) => frame.type), ["hello"]);
  end.send(welcome({ session: SESSION }));
  assert.deepEqual(contents(end.takeAll("send")), ["early"]);
  end.send(news(message(1)));
  end.close();
  tab.client.send("late");
  assert.deepEqual(end.inbox, []);
});

Deno.test("Outbox keeps the order of writing over a reload, whatever the clock did meanwhile", () => {
  const browser = new Browser();
  const before = browser.tab({ tab: "same" });
  before.client.send("one");
  browser.clock.set(-600_000);
  before.client.send("two");
  before.client.release();
  const after = browser.tab({ tab: "same" });
  after.client.send("four");
  browser.clock.set(-600_000);
  // Of a tab that knew the time.
  const beside = browser.tab();
  browser.clock.set(1_300_000);
  beside.client.send("three");
  beside.client.release();
  browser.clock.set(-1_300_000);
  after.client.start();
  const written = ["(one)", "(two)", "(three)", "(four)"];
  assert.deepEqual(after.texts, written);
  after.client.send("five");
  after.client.release();
  const last = browser.tab({ tab: "same" });
  last.client.start();
  assert.deepEqual(last.texts, [...written, "(five)"]);
  assert.deepEqual(contents(last.welcome({ session: SESSION }).takeAll("send")), [
    "one",
    "two",
    "three",
    "four",
    "five",
  ]);
});

Deno.test("Outbox takes over from a tab that was killed before the clock was set back, but not from one that lives", () => {
  const browser = new Browser();
  browser.tab().client.send("from one that lives");
  browser.tab({ clock: { now: browser.clock.now, setTimer: () => () => {} } }).client.send(
    "from one that was killed",
  );
  browser.clock.set(-3_600_000);
  const heir = browser.tab();
  heir.client.start();
  browser.clock.advance(60_000);
  assert.deepEqual(heir.texts, []);
  browser.clock.advance(60_000);
  assert.deepEqual(heir.texts, ["(from one that was killed)"]);
});
