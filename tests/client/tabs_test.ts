import assert from "node:assert/strict";
import { Browser } from "./support/chat.ts";
import { message, news, SESSION, UID, welcome } from "./support/frames.ts";

const OTHER_UID = "22222222-2222-4222-8222-222222222222";
const OTHER_SESSION = `${OTHER_UID}.secret`;

Deno.test("Two tabs that start at once end up in one conversation", () => {
  const browser = new Browser();
  const [a, b] = [browser.tab(), browser.tab()];
  a.client.start();
  const socketA = browser.network.last;
  b.client.start();
  const socketB = browser.network.last;
  for (const socket of [socketA, socketB]) {
    socket.accept();
    assert.equal(socket.takeAll("hello")[0]?.session, null);
  }
  b.client.send("written in the second tab");
  socketA.send(welcome({ session: SESSION }));
  // The server made another session for the second tab; nothing may be sent to it.
  socketB.send(welcome({ session: OTHER_SESSION, uid: OTHER_UID }));
  assert.deepEqual(socketB.takeAll("send"), []);
  assert.equal(socketB.alive, false);
  const rejoined = browser.network.last;
  rejoined.accept();
  assert.equal(rejoined.takeAll("hello")[0]?.session, SESSION);
  rejoined.send(welcome());
  assert.equal(rejoined.takeAll("send")[0]?.content, "written in the second tab");
  assert.equal(b.client.state.uid, UID);
  assert.equal(a.client.session, b.client.session);
});

Deno.test("A tab whose session is overtaken joins the other's conversation before it sends", () => {
  const browser = new Browser();
  const tab = browser.tab();
  const old = tab.open();
  old.send(news(message(1, { content: "of the old conversation" })));
  // No storage event has come yet: the check before sending must notice.
  const silent = browser.tab({ storage: { ...browser.storage.tab(), subscribe: () => () => {} } });
  const silentEnd = silent.open({});
  browser.storage.tab().set("chatbox50.session", OTHER_SESSION);
  silent.client.send("where does it go?");
  assert.deepEqual(silentEnd.takeAll("send"), []);
  browser.network.last.accept();
  assert.equal(browser.network.last.takeAll("hello")[0]?.session, OTHER_SESSION);
  assert.equal(
    tab.client.state.connection.status,
    "connecting",
    "the storage event was enough for the other tab",
  );
  assert.deepEqual(tab.texts, []);
});

Deno.test("An unknown session is replaced, and nothing of the old conversation stays", () => {
  const browser = new Browser();
  const tab = browser.tab();
  const first = tab.open({ session: SESSION, messages: [message(1)] });
  first.send({ type: "read", seq: 1 });
  first.close();
  tab.client.send("still waiting");
  tab.client.wake();
  const end = tab.welcome({ session: OTHER_SESSION, uid: OTHER_UID, messages: [] });
  assert.deepEqual(tab.texts, ["(still waiting)"]);
  assert.equal(tab.client.state.read, 0);
  assert.equal(tab.client.session, OTHER_SESSION);
  assert.equal(end.takeAll("send").length, 1);
});

Deno.test("Two tabs with the same unknown session share its replacement", () => {
  const browser = new Browser();
  const storage = browser.storage.tab();
  storage.set("chatbox50.session", "gone");
  const [a, b] = [browser.tab(), browser.tab()];
  a.client.start();
  const socketA = browser.network.last;
  b.client.start();
  const socketB = browser.network.last;
  for (const socket of [socketA, socketB]) socket.accept();
  socketA.send(welcome({ session: SESSION }));
  socketB.send(welcome({ session: OTHER_SESSION, uid: OTHER_UID }));
  assert.equal(storage.get("chatbox50.session"), SESSION);
  browser.network.last.accept();
  assert.equal(browser.network.last.takeAll("hello")[0]?.session, SESSION);
});

Deno.test("What another tab wrote comes in as a message and is not unread", () => {
  const browser = new Browser();
  const tab = browser.tab();
  const end = tab.open();
  end.send(news(message(1, { from: "visitor", content: "from the other tab" })));
  assert.deepEqual(tab.texts, ["from the other tab"]);
  assert.equal(tab.client.state.unread, 0);
});

Deno.test("What was read in one tab is read in all, also after a reload", () => {
  const browser = new Browser();
  const [a, b] = [browser.tab(), browser.tab()];
  const ends = [a.open(), b.open({})];
  for (const end of ends) end.send(news(message(1), message(2)));
  assert.deepEqual([a.client.state.unread, b.client.state.unread], [2, 2]);
  a.client.markRead();
  assert.deepEqual([a.client.state.unread, b.client.state.unread], [0, 0]);
  const reloaded = browser.tab();
  reloaded.open({ messages: [message(1), message(2), message(3)] });
  assert.equal(reloaded.client.state.unread, 1);
});

Deno.test("Signing out in one tab empties all, and nothing unsent goes to the next conversation", () => {
  const browser = new Browser();
  const [a, b] = [browser.tab(), browser.tab()];
  a.open({ session: SESSION, messages: [message(1)] });
  b.open({ messages: [message(1)] });
  browser.network.last.close();
  b.client.send("unsent");
  a.client.forget();
  assert.deepEqual([a.texts, b.texts], [[], []]);
  assert.equal(a.client.session, null);
  browser.clock.advance(60_000);
  const socket = browser.network.sockets.find((socket) => socket.alive);
  socket?.accept();
  assert.equal(socket?.takeAll("hello")[0]?.session, null);
});

Deno.test("What was read in another browser isn't unread here, nor in this browser's next page", () => {
  const browser = new Browser();
  const tab = browser.tab({ tab: "one" });
  const end = tab.open({ session: SESSION });
  end.send(news(message(1), message(2), message(3)));
  assert.equal(tab.client.state.unread, 3);
  end.send({ type: "seen", seq: 2 });
  assert.equal(tab.client.state.unread, 1);
  end.send({ type: "seen", seq: 1 });
  assert.equal(tab.client.state.unread, 1, "nobody unreads");
  assert.deepEqual(end.takeAll("read"), [], "the server knows");
  const next = browser.tab();
  next.open({ messages: [message(1), message(2), message(3)] });
  assert.equal(next.client.state.unread, 1);
});
