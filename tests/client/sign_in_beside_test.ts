import assert from "node:assert/strict";
import { Browser, type Tab } from "./support/chat.ts";
import type { ServerEnd } from "./support/fake_network.ts";
import { message, SESSION, UID, welcome } from "./support/frames.ts";

const ADA_UID = "22222222-2222-4222-8222-222222222222";
const NEW_UID = "33333333-3333-4333-8333-333333333333";
const KEY = "chatbox50.session";
const TOKEN = `e30.${btoa(JSON.stringify({ sub: "ada" })).replaceAll("=", "")}.signature`;

/** Somebody signs in in a tab of their own, and the server accepts it. */
function signIn(browser: Browser, uid = ADA_UID): { readonly tab: Tab; readonly end: ServerEnd } {
  const tab = browser.tab();
  tab.client.identify({ token: TOKEN });
  tab.client.start();
  const end = tab.welcome({ uid, session: `${uid}.signed` });
  end.send({ type: "history", messages: [], more: false });
  return { tab, end };
}

/** What the newest socket's `hello` offered, and its answer. */
function welcomed(browser: Browser, parts: Parameters<typeof welcome>[0]): {
  readonly offered: string | null | undefined;
  readonly end: ServerEnd;
} {
  const end = browser.network.last;
  end.accept();
  const offered = end.takeAll("hello")[0]?.session;
  end.send(welcome(parts));
  return { offered, end };
}

function sent(end: ServerEnd): string[] {
  return end.takeAll("send").map(({ content }) => content);
}

Deno.test("A sign-in in another tab leaves what waits here, and it goes to this visitor's conversation alone", () => {
  const browser = new Browser();
  const tab = browser.tab();
  tab.open({ session: SESSION, messages: [message(1)] });
  browser.network.last.close();
  tab.client.send("please do not lose me");
  const ada = signIn(browser);
  assert.deepEqual(tab.texts, ["message 1", "(please do not lose me)"]);
  assert.equal(browser.storage.tab().keys("chatbox50.out.").length, 1, "a reload has it, too");
  tab.client.wake();
  const { offered, end } = welcomed(browser, {});
  assert.equal(offered, SESSION);
  assert.deepEqual(sent(end), ["please do not lose me"]);
  assert.deepEqual(sent(ada.end), []);
  assert.deepEqual(tab.events, []);
});

Deno.test("What waits goes to a new conversation when the one here was taken along by a sign-in in another tab", () => {
  const browser = new Browser();
  const tab = browser.tab();
  const first = tab.open();
  signIn(browser, UID);
  assert.equal(first.alive, false, "whose conversation it is has to be asked");
  tab.client.send("mine");
  const { offered, end } = welcomed(browser, { uid: NEW_UID, session: `${NEW_UID}.new` });
  assert.equal(offered, SESSION);
  assert.deepEqual(sent(end), ["mine"]);
  assert.equal(tab.client.state.uid, NEW_UID);
  assert.equal(browser.storage.tab().get(KEY), `${NEW_UID}.new`);
});

Deno.test("What is on its way gets its answer first when somebody signs in in another tab, and is not sent again", () => {
  const browser = new Browser();
  const tab = browser.tab();
  const first = tab.open();
  const [one, two] = ["one", "two"].map((text) => tab.client.send(text));
  first.takeAll("send");
  signIn(browser, UID);
  tab.client.send("three");
  const ack = (cid = "", seq: number): void =>
    first.send({ type: "acks", acks: [{ cid, seq, rev: seq, at: 5_000 }] });
  ack(one, 1);
  assert.deepEqual([first.alive, sent(first)], [true, []]);
  ack(two, 2);
  assert.equal(first.alive, false);
  const { end } = welcomed(browser, { uid: NEW_UID, session: `${NEW_UID}.new` });
  assert.deepEqual(sent(end), ["three"]);
});

Deno.test("What is on its way and refused for now waits when somebody signs in in another tab", () => {
  const browser = new Browser();
  const tab = browser.tab();
  const first = tab.open();
  const cid = tab.client.send("one");
  signIn(browser);
  first.send({ type: "error", code: "rate_limited", message: "", cid, retryAfterMs: 5_000 });
  const { end } = welcomed(browser, {});
  assert.deepEqual([tab.texts, sent(end)], [["(one)"], []]);
  browser.clock.advance(5_000);
  assert.deepEqual(sent(end), ["one"]);
});

Deno.test("Nothing is sent after a sign-in in another tab that this tab has not heard of yet", () => {
  for (const connecting of [false, true]) {
    const browser = new Browser();
    const tab = browser.tab({ storage: { ...browser.storage.tab(), subscribe: () => () => {} } });
    const first = tab.open();
    if (connecting) {
      first.close();
      tab.client.wake();
      browser.network.last.accept();
    }
    const open = browser.network.last;
    signIn(browser, UID);
    if (connecting) {
      open.send(welcome());
      assert.equal(open.alive, false, "whose conversation it is, was said before the sign-in");
    }
    tab.client.send("mine");
    assert.deepEqual(sent(open), []);
    assert.deepEqual(sent(welcomed(browser, { uid: NEW_UID, session: `${NEW_UID}.new` }).end), ["mine"]);
  }
});

Deno.test("A signed-in visitor who signs out leaves what waits in other tabs", () => {
  const browser = new Browser();
  const ada = signIn(browser);
  const tab = browser.tab();
  tab.open();
  browser.network.last.close();
  tab.client.send("mine");
  ada.tab.client.identify(null);
  const { offered } = welcomed(browser, { uid: NEW_UID, session: `${NEW_UID}.new` });
  assert.equal(offered, null, "who signs out finds nothing of the other tab's");
  assert.deepEqual(tab.texts, ["(mine)"]);
});

Deno.test("A token that is refused leaves the anonymous conversation to the browser", () => {
  const browser = new Browser();
  browser.tab().open();
  const tab = browser.tab();
  tab.client.identify({ token: TOKEN });
  tab.client.start();
  const end = tab.welcome({});
  end.send({ type: "error", code: "forbidden", message: "Cannot sign in: the token has expired" });
  assert.equal(browser.storage.tab().get(KEY), SESSION);
});

Deno.test("What waits in a tab goes along when the next page in it is signed in, and from no other tab", () => {
  const browser = new Browser();
  const before = browser.tab({ tab: "same" });
  before.client.send("before I signed in");
  before.client.release();
  const other = browser.tab({ tab: "other" });
  other.client.identify({ token: TOKEN });
  other.client.start();
  assert.deepEqual(other.texts, []);
  const after = browser.tab({ tab: "same" });
  after.client.identify({ token: TOKEN });
  after.client.start();
  assert.deepEqual(after.texts, ["(before I signed in)"]);
});
