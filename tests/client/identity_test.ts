import assert from "node:assert/strict";
import { ownerOf, parseIdentity } from "../../src/client/identity.ts";
import type { HelloFrame } from "../../src/web/protocol.ts";
import { Browser, type Tab } from "./support/chat.ts";
import { message, SESSION, welcome } from "./support/frames.ts";

const KEY = "chatbox50.session";
const ADA_UID = "22222222-2222-4222-8222-222222222222";
const ADA_SESSION = `${ADA_UID}.secret`;

/** A token as a site's server would sign it; only the subject matters here. */
function tokenOf(sub: string): string {
  return `e30.${btoa(JSON.stringify({ sub })).replaceAll("=", "")}.signature`;
}

/** The newest socket's `hello`. */
function hello(tab: Tab): HelloFrame {
  const end = tab.browser.network.last;
  end.accept();
  const [frame] = end.takeAll("hello");
  assert.ok(frame);
  return frame;
}

Deno.test("parseIdentity takes what a site may say of its visitor, and nobody for everything else", () => {
  assert.deepEqual(parseIdentity({ token: "a.b.c", name: " Ada ", extra: 1 }), {
    token: "a.b.c",
    name: "Ada",
  });
  for (const nobody of [null, undefined, "Ada", {}, { token: null }, { token: "" }, { name: 7 }]) {
    assert.equal(parseIdentity(nobody), null);
  }
  assert.equal(parseIdentity({ token: "x".repeat(9_000) }), null);
});

Deno.test("ownerOf names the subject of a token, of whatever characters", () => {
  const payload = btoa(String.fromCharCode(...new TextEncoder().encode('{"sub":"žofie"}')));
  assert.equal(ownerOf({ token: `e30.${payload}.s` }), "sub:žofie");
  assert.equal(ownerOf({ token: "nonsense" }), "unknown");
  assert.equal(ownerOf({ name: "Ada" }), undefined);
});

Deno.test("Signing in opens the visitor's own conversation and keeps no session in the browser", () => {
  const tab = new Browser().tab();
  tab.open({ session: SESSION, messages: [message(1, { content: "before" })] });
  assert.equal(tab.browser.storage.tab().get(KEY), SESSION);
  tab.client.identify({ token: tokenOf("ada") });
  assert.deepEqual(tab.texts, [], "what was shown is nobody's business any more");
  const frame = hello(tab);
  assert.deepEqual([frame.identity?.token, frame.after], [tokenOf("ada"), 0]);
  tab.browser.network.last.send(welcomeOfAda());
  assert.deepEqual(tab.texts, ["from another device"]);
  assert.equal(tab.client.session, ADA_SESSION);
  assert.equal(tab.browser.storage.tab().get(KEY), "signed-in");
});

Deno.test("Signing out leads to an empty chat without a session, and drops what is unsent", () => {
  const tab = new Browser().tab();
  tab.client.identify({ token: tokenOf("ada") });
  tab.client.start();
  hello(tab);
  tab.browser.network.last.send(welcomeOfAda());
  tab.client.send("unsent");
  tab.client.identify(null);
  assert.deepEqual(tab.texts, []);
  const frame = hello(tab);
  assert.deepEqual([frame.session, frame.identity, frame.after], [null, undefined, 0]);
});

Deno.test("Nobody signing out leaves an anonymous conversation alone", () => {
  const tab = new Browser().tab();
  tab.open({ session: SESSION, messages: [message(1, { content: "mine" })] });
  const sockets = tab.browser.network.sockets.length;
  tab.client.identify(null);
  assert.deepEqual([tab.texts, tab.client.session], [["mine"], SESSION]);
  assert.equal(tab.browser.network.sockets.length, sockets);
});

Deno.test("A claimed name goes along with the anonymous session", () => {
  const tab = new Browser().tab();
  tab.open();
  tab.client.identify({ name: "Ada", email: "ada@shop.example" });
  const frame = hello(tab);
  assert.deepEqual([frame.session, frame.identity], [SESSION, { name: "Ada", email: "ada@shop.example" }]);
});

Deno.test("A reconnect of a signed-in visitor offers their session and the token, whatever other tabs do", () => {
  const { tab } = signedIn();
  tab.browser.storage.tab().set(KEY, SESSION);
  tab.browser.network.last.close();
  tab.client.wake();
  const frame = hello(tab);
  assert.deepEqual([frame.session, frame.identity?.token], [ADA_SESSION, tokenOf("ada")]);
});

Deno.test("What a signed-in visitor left unsent waits for them, and nobody else sends it", () => {
  const { tab, browser } = signedIn();
  browser.network.last.close();
  tab.client.send("for Ada's conversation");
  tab.client.release();
  const stranger = browser.tab();
  stranger.open({ session: SESSION });
  assert.deepEqual(stranger.texts, []);
  stranger.client.stop();
  // This tab and its life sign are gone for good.
  tab.client.stop();
  const again = browser.tab();
  again.client.identify({ token: tokenOf("ada") });
  again.client.start();
  assert.deepEqual(again.texts, ["(for Ada's conversation)"]);
});

function signedIn(): { readonly tab: Tab; readonly browser: Browser } {
  const browser = new Browser();
  const tab = browser.tab();
  tab.client.identify({ token: tokenOf("ada") });
  tab.client.start();
  hello(tab);
  browser.network.last.send(welcomeOfAda());
  return { tab, browser };
}

function welcomeOfAda(): ReturnType<typeof welcome> {
  return welcome({
    uid: ADA_UID,
    session: ADA_SESSION,
    messages: [message(1, { content: "from another device" })],
  });
}

Deno.test("Nothing is sent before the token is accepted", () => {
  const { tab, browser } = signedIn();
  const end = browser.network.last;
  tab.client.send("for Ada's conversation");
  assert.deepEqual(end.takeAll("send"), []);
  end.send({ type: "history", messages: [], more: false });
  assert.deepEqual(end.takeAll("send").map(({ content }) => content), ["for Ada's conversation"]);
});

Deno.test("A refused token shows nobody's conversation, sends nothing, and waits for a fresh one", () => {
  const { tab, browser } = signedIn();
  browser.network.last.close();
  tab.client.send("kept");
  tab.client.wake();
  hello(tab);
  const refused = browser.network.last;
  refused.send(welcome({ session: SESSION, messages: [message(1, { content: "somebody else's" })] }));
  refused.send({ type: "error", code: "forbidden", message: "Cannot sign in: it has expired" });
  assert.deepEqual(refused.takeAll("send"), []);
  assert.deepEqual(tab.texts, ["(kept)"]);
  assert.equal(tab.client.state.connection.status, "stopped");
  assert.deepEqual(tab.events.at(-1), { type: "signInRefused" });
  assert.equal(browser.storage.tab().get(KEY), null);
  const fresh = `${tokenOf("ada")}2`;
  tab.client.identify({ token: fresh });
  assert.equal(hello(tab).identity?.token, fresh);
  browser.network.last.send(welcomeOfAda());
  browser.network.last.send({ type: "history", messages: [], more: false });
  assert.deepEqual(browser.network.last.takeAll("send").map(({ content }) => content), ["kept"]);
});

Deno.test("A signed-in visitor's messages go out although the server had no time at first to say that they are", () => {
  for (
    const [code, retryAfterMs] of [["rate_limited", 500], ["overloaded", 500], ["overloaded", undefined], [
      "internal",
      undefined,
    ]] as const
  ) {
    const { tab, browser } = signedIn();
    const end = browser.network.last;
    tab.client.send("for Ada's conversation");
    const named = retryAfterMs === undefined ? {} : { retryAfterMs };
    assert.equal(end.takeAll("history").length, 1);
    end.send({ type: "error", code, message: "", ...named });
    browser.clock.advance((retryAfterMs ?? 2_000) - 1);
    assert.deepEqual(end.inbox, []);
    browser.clock.advance(1);
    assert.deepEqual([end.takeAll("history").length, end.takeAll("send").length], [1, 0]);
    end.send({ type: "history", messages: [], more: false });
    assert.deepEqual(end.takeAll("send").map(({ content }) => content), ["for Ada's conversation"]);
    assert.deepEqual(tab.events, [], "the visitor asked for nothing");
  }
});

Deno.test("A token that is refused after the server had no time to say so sends nothing", () => {
  const { tab, browser } = signedIn();
  const end = browser.network.last;
  tab.client.send("for Ada's conversation");
  end.send({ type: "error", code: "overloaded", message: "", retryAfterMs: 500 });
  end.send({ type: "error", code: "forbidden", message: "Cannot sign in: it has expired" });
  browser.clock.advance(60_000);
  assert.deepEqual(end.takeAll("send"), []);
  assert.deepEqual(tab.events, [{ type: "signInRefused" }]);
});
