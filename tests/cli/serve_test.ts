import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { run } from "../../src/cli.ts";
import type { RunningApp } from "../../src/cli/host.ts";
import { makeLogger } from "../../src/logging.ts";
import { StartError } from "../../src/start_error.ts";
import { FakeHost, TOKEN } from "./fake_host.ts";

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`[D6] run stops in good order and ends with 0 on ${signal}`, async () => {
    const host = new FakeHost();
    const stopped = Promise.withResolvers<void>();
    let over = false;
    const app: RunningApp = {
      ...host.app,
      async stop(reason): Promise<void> {
        host.stops.push(reason);
        host.finished.resolve({ exitCode: 9 });
        await stopped.promise;
      },
    };
    host.startApp = () => {
      host.started.resolve();
      return Promise.resolve(app);
    };
    const running = run([], host).finally(() => over = true);
    await host.started.promise;
    host.signal(signal);
    await host.finished.promise;
    await new Promise(setImmediate);
    assert.equal(over, false);
    stopped.resolve();
    assert.equal(await running, 0);
    assert.deepEqual(host.stops, [signal]);
    assert.deepEqual(host.exits, []);
    assert.deepEqual([host.listeners.size, host.faults.size], [0, 0]);
  });
}

Deno.test("run tells systemd when it is ready and when it stops, where that is wanted", async () => {
  for (
    const [wanted, messages] of [["stdout", ["STATUS=Serving ", "READY=1", "STOPPING=1"]], [
      "off",
      [],
    ]] as const
  ) {
    const host = new FakeHost({ DISCORD_TOKEN: TOKEN, SYSTEMD_NOTIFY: wanted });
    const running = run([], host);
    await host.started.promise;
    await new Promise(setImmediate);
    host.signal("SIGTERM");
    await running;
    assert.deepEqual(host.notified, messages);
    assert.equal(host.stdout, "");
  }
});

Deno.test("run ends at once with 128 and the signal's number on a second signal", async () => {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    const host = new FakeHost();
    const running = run([], host);
    await host.started.promise;
    host.signal("SIGTERM");
    assert.deepEqual(host.exits, []);
    host.signal(signal);
    assert.deepEqual(host.exits, [code]);
    await running;
  }
});

Deno.test("run calls the start off when a signal comes before it is done", async () => {
  const host = new FakeHost();
  host.startApp = (_config, { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const running = run([], host);
  host.signal("SIGINT");
  assert.equal(await running, 0);
  assert.equal(host.stderr, "");
});

Deno.test("run ends with the program's own exit code when that ends by itself", async () => {
  const host = new FakeHost();
  const running = run([], host);
  await host.started.promise;
  host.finished.resolve({ exitCode: 69 });
  assert.equal(await running, 69);
  assert.deepEqual(host.stops, []);
});

Deno.test("[S5] run prints a StartError as one line without the token and ends with its code", async () => {
  const host = new FakeHost();
  host.startApp = () => Promise.reject(new StartError(`Cannot listen:\n${TOKEN} port taken`, "unavailable"));
  assert.equal(await run([], host), 69);
  assert.equal(host.stderr, "chatbox50: Cannot listen: [redacted] port taken\n");
});

Deno.test("[S5] run logs any other error of the start without the token and ends with 70", async () => {
  const host = new FakeHost();
  host.startApp = () => Promise.reject(new Error(`odd ${TOKEN}`));
  assert.equal(await run([], host), 70);
  const { level, error } = JSON.parse(host.stderr);
  assert.deepEqual([level, error.message], ["error", "odd [redacted]"]);
  assert(!host.stderr.includes(TOKEN));
});

Deno.test("run logs what nobody handled and goes on", async () => {
  const host = new FakeHost();
  const running = run([], host);
  await host.started.promise;
  for (const fault of host.faults) fault({ kind: "rejection", error: new Error("lost") });
  const { level, kind, error } = JSON.parse(host.stderr);
  assert.deepEqual([level, kind, error.message], ["error", "rejection", "lost"]);
  host.signal("SIGTERM");
  assert.equal(await running, 0);
  const before = host.stderr;
  makeLogger("web").error("After the end");
  assert.equal(host.stderr, before);
});
