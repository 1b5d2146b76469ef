import assert from "node:assert/strict";
import type { ConnectionState } from "../../src/client/connection.ts";
import { CloseCode } from "../../src/web/protocol.ts";
import { Browser, type Tab } from "./support/chat.ts";
import { messages, SESSION, UID, welcome } from "./support/frames.ts";

function waitOf(tab: Tab): number {
  const { connection } = tab.client.state;
  assert.equal(connection.status, "waiting");
  return connection.status === "waiting" ? connection.retryAt - tab.browser.clock.now() : NaN;
}

function statusOf(tab: Tab): ConnectionState["status"] {
  return tab.client.state.connection.status;
}

Deno.test("Connection says hello without a session first, then with the one it was given, and its cursor", () => {
  const browser = new Browser();
  const tab = browser.tab({ locale: "de", page: () => ({ url: "https://shop.example/", title: "Shop" }) });
  tab.client.start();
  const first = browser.network.last;
  assert.deepEqual(first.inbox, [], "nothing is sent before the socket is open");
  first.accept();
  assert.deepEqual(first.take(), {
    type: "hello",
    v: 1,
    session: null,
    after: 0,
    page: { url: "https://shop.example/", title: "Shop" },
    locale: "de",
  });
  first.send(welcome({ session: SESSION, rev: 7 }));
  assert.equal(tab.client.state.uid, UID);
  assert.equal(tab.client.session, SESSION);
  first.close();
  browser.clock.advance(60_000);
  browser.network.last.accept();
  const hello = browser.network.last.take();
  assert.equal(hello?.type === "hello" && hello.session, SESSION);
  assert.equal(hello?.type === "hello" && hello.after, 7);
});

Deno.test("Connection doubles its wait with every failed attempt, up to 30 s", () => {
  const tab = new Browser().tab();
  tab.client.start();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 9; attempt++) {
    tab.browser.network.last.close();
    waits.push(waitOf(tab));
    tab.browser.clock.advance(waits.at(-1) ?? 0);
  }
  // Three quarters of the full step: the jitter of the fake chance is its middle.
  assert.deepEqual(waits, [375, 750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500, 22_500]);
});

Deno.test("Connection starts its backoff anew only after it has held for a while", () => {
  const tab = new Browser().tab();
  const { clock, network } = tab.browser;
  tab.client.start();
  for (let flap = 0; flap < 3; flap++) {
    tab.welcome({ session: SESSION });
    network.last.close();
    clock.advance(waitOf(tab));
  }
  network.last.close();
  assert.equal(waitOf(tab), 3_000);
  clock.advance(3_000);
  tab.welcome();
  clock.advance(11_000);
  network.last.close();
  assert.equal(waitOf(tab), 375);
});

Deno.test("Connection comes back soon, but spread out, after a restart", () => {
  for (const [fraction, wait] of [[0, 250], [0.5, 1_125], [0.999, 1_998]] as const) {
    const browser = new Browser();
    const tab = browser.tab({ random: { fraction: () => fraction, id: () => "a" } });
    tab.open().close(CloseCode.restarting);
    assert.equal(Math.round(waitOf(tab)), wait);
  }
});

Deno.test("Connection stops when it is refused for good, and says why", () => {
  for (
    const [code, cause] of [[CloseCode.forbidden, "blocked"], [CloseCode.notProtocol, "protocol"]] as const
  ) {
    const tab = new Browser().tab();
    tab.open().close(code, "because");
    assert.deepEqual(tab.client.state.connection, { status: "stopped", cause, reason: "because" });
    tab.client.wake();
    tab.browser.clock.advance(3_600_000);
    assert.equal(tab.browser.network.sockets.length, 1);
  }
});

Deno.test("Connection waits as long as the server asks when it is too much, and no wake-up hurries it", () => {
  for (const code of [CloseCode.tooMany, CloseCode.overloaded]) {
    const tab = new Browser().tab();
    const end = tab.open();
    end.send({ type: "error", code: "overloaded", message: "", retryAfterMs: 40_000 });
    end.close(code);
    assert.equal(waitOf(tab), 40_000);
    tab.browser.clock.advance(39_000);
    tab.client.wake();
    assert.equal(tab.browser.network.sockets.length, 1);
    tab.browser.clock.advance(1_000);
    assert.equal(tab.browser.network.sockets.length, 2);
  }
});

Deno.test("Connection waits no longer than the server asks when the clock is set back", () => {
  const tab = new Browser().tab();
  const end = tab.open();
  end.send({ type: "error", code: "overloaded", message: "", retryAfterMs: 40_000 });
  tab.browser.clock.set(-3_600_000);
  end.close(CloseCode.overloaded);
  assert.equal(waitOf(tab), 40_000);
});

Deno.test("Connection goes easy without a named time, too", () => {
  const tab = new Browser().tab();
  tab.open().close(CloseCode.tooMany);
  assert.equal(waitOf(tab), 3_000);
  tab.client.wake();
  assert.equal(statusOf(tab), "waiting");
});

Deno.test("Connection tries at once when it is woken while it waits", () => {
  const tab = new Browser().tab();
  tab.open().close();
  assert.equal(statusOf(tab), "waiting");
  tab.client.wake();
  assert.equal(statusOf(tab), "connecting");
  tab.welcome();
  assert.equal(statusOf(tab), "open");
  tab.browser.clock.advance(5_000);
  assert.equal(tab.browser.network.sockets.length, 2, "the cancelled wait opens no third socket");
});

Deno.test("Connection replaces a socket that gives no sign of life after a wake-up", () => {
  const tab = new Browser().tab();
  const dead = tab.open();
  tab.browser.clock.advance(30_000);
  tab.client.wake();
  tab.client.wake();
  assert.deepEqual(dead.inbox, [{ type: "history", before: 1, limit: 1 }], "two wake-ups are one question");
  tab.browser.clock.advance(5_000);
  assert.equal(dead.alive, false);
  assert.equal(statusOf(tab), "connecting");
  dead.close(1006);
  assert.equal(statusOf(tab), "connecting", "the old socket's end concerns nobody");
});

Deno.test("Connection begins an attempt anew that hangs when it is woken, but not a young one", () => {
  const tab = new Browser().tab();
  const { clock, network } = tab.browser;
  tab.client.start();
  clock.advance(2_900);
  tab.client.wake();
  assert.equal(network.sockets.length, 1, "a slow line gets its time");
  clock.advance(100);
  const hung = network.last;
  tab.client.wake();
  assert.equal(network.sockets.length, 2);
  assert.equal(hung.alive, false);
  tab.welcome();
  assert.equal(statusOf(tab), "open");
});

Deno.test("Connection asks after five seconds whether a server is there that owes an answer", () => {
  for (
    const ask of [
      (tab: Tab) => void tab.client.send("are you there?"),
      (tab: Tab) => tab.client.edit(1, "other words"),
      (tab: Tab) => tab.client.delete(1),
      (tab: Tab) => tab.client.loadOlder(),
    ]
  ) {
    const tab = new Browser().tab();
    const dead = tab.open({ session: SESSION, messages: messages(7, 8), more: true });
    tab.browser.clock.advance(20_000);
    ask(tab);
    dead.inbox.length = 0;
    tab.browser.clock.advance(5_000);
    assert.deepEqual(dead.inbox, [{ type: "history", before: 1, limit: 1 }]);
    tab.browser.clock.advance(5_000);
    assert.equal(dead.alive, false);
    assert.equal(statusOf(tab), "connecting");
  }
});

Deno.test("Connection gives a slow line longer each time, and its usual time when it answers again", () => {
  const tab = new Browser().tab();
  const { clock, network } = tab.browser;
  tab.open();
  const livesFor = (): number => {
    const socket = network.last;
    clock.advance(3_000);
    tab.client.wake();
    const asked = clock.now();
    while (socket.alive) clock.advance(500);
    return clock.now() - asked;
  };
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    times.push(livesFor());
    tab.welcome();
  }
  assert.deepEqual(times, [5_000, 10_000, 20_000, 40_000, 40_000]);
  clock.advance(3_000);
  tab.client.wake();
  network.last.send({ type: "history", messages: [], more: false });
  assert.equal(livesFor(), 5_000);
});

Deno.test("Connection looks at once when the machine says that the network is gone", () => {
  const tab = new Browser().tab();
  const dead = tab.open();
  tab.client.doubt();
  assert.deepEqual(dead.takeAll("history").length, 1, "however young the last frame is");
  tab.browser.clock.advance(1_500);
  assert.equal(dead.alive, false);
  const end = tab.welcome();
  tab.client.doubt();
  end.send({ type: "history", messages: [], more: false });
  tab.browser.clock.advance(3_000);
  assert.equal(end.alive, true, "a network of its own, a cable for example");
});

Deno.test("Connection says that there are too many from here only when it was never let in", () => {
  const crowded = new Browser().tab();
  crowded.client.start();
  crowded.browser.network.last.accept();
  crowded.browser.network.last.close(CloseCode.tooMany);
  const { connection } = crowded.client.state;
  assert.equal(connection.status === "waiting" && connection.cause, "crowded");
  assert.equal(waitOf(crowded), 3_000);
  const hasty = new Browser().tab();
  hasty.open().close(CloseCode.tooMany);
  const state = hasty.client.state.connection;
  assert.equal(state.status === "waiting" && state.cause, "overloaded");
});

Deno.test("Connection comes back as usual when a frame was refused for a while", () => {
  const tab = new Browser().tab();
  const end = tab.open();
  end.send({ type: "error", code: "rate_limited", message: "", retryAfterMs: 40_000 });
  end.close();
  assert.equal(waitOf(tab), 375);
});

Deno.test("Connection keeps a socket that answers, and asks again after silence", () => {
  const tab = new Browser().tab({ probeIntervalMs: 45_000 });
  const end = tab.open();
  for (let round = 0; round < 3; round++) {
    tab.browser.clock.advance(45_000);
    assert.equal(end.takeAll("history").length, 1);
    end.send({ type: "history", messages: [], more: false });
    tab.browser.clock.advance(5_000);
    assert.equal(statusOf(tab), "open");
    end.send({ type: "presence", agents: "away" });
  }
  assert.equal(tab.browser.network.sockets.length, 1);
});

Deno.test("Connection doesn't ask while nobody sees the page, or when it shall not", () => {
  for (const options of [{ visible: () => false }, { probeIntervalMs: 0 }]) {
    const tab = new Browser().tab(options);
    const end = tab.open();
    tab.browser.clock.advance(600_000);
    assert.deepEqual(end.inbox, []);
    assert.equal(statusOf(tab), "open");
  }
});

Deno.test("Connection gives up on a socket that never welcomes", () => {
  const tab = new Browser().tab();
  tab.client.start();
  tab.browser.network.last.accept();
  tab.browser.clock.advance(20_000);
  assert.equal(statusOf(tab), "waiting");
  assert.equal(tab.browser.network.last.alive, false);
});

Deno.test("Connection survives frames that are none", () => {
  const tab = new Browser().tab();
  const end = tab.open();
  for (const text of ["", "{", "null", "[]", "7", '"x"', '{"type":"future","x":1}', "{}"]) end.sendText(text);
  assert.equal(statusOf(tab), "open");
  assert.deepEqual(tab.texts, []);
});

Deno.test("Connection leaves no timer behind when the client stops", () => {
  const tab = new Browser().tab();
  const end = tab.open();
  tab.client.send("waits");
  tab.client.typing();
  end.send({ type: "typing", name: "Mika" });
  tab.client.stop();
  assert.equal(tab.browser.clock.pending, 0);
  assert.equal(end.alive, false);
});
