import assert from "node:assert/strict";
import type { CommandOutcome, Operations } from "../../src/app/operations.ts";
import { run } from "../../src/cli.ts";
import { StartError } from "../../src/start_error.ts";
import { FakeHost } from "./fake_host.ts";

const UID = "2f1ee9b8-5f0c-4a36-9d3b-0d8f6a1c7e55";

Deno.test("run gives a command its flags and operand, checked and typed", async () => {
  for (
    const [args, ran] of [
      [["backup", "a.db"], ["backUp", "a.db"]],
      [["backup", "--database-path=x.db", "a.db"], ["backUp", "a.db"]],
      [["check"], ["check"]],
      [["export"], ["export", { uid: undefined, format: "jsonl" }]],
      [["export", "--format", "TXT", "--uid", UID.toUpperCase()], ["export", { uid: UID, format: "txt" }]],
      [["erase", "--uid", UID], ["erase", { uid: UID, leaveThread: false }]],
      [["erase", "--uid", UID, "--leave-thread"], ["erase", { uid: UID, leaveThread: true }]],
      [["purge", "--older-than=365d"], ["purge", 365 * 86_400_000]],
      [["purge", "--older-than", "12h"], ["purge", 12 * 3_600_000]],
    ] as const
  ) {
    const host = new FakeHost({});
    assert.equal(await run(args, host), 0, host.stderr);
    assert.deepEqual(host.ran, [ran]);
  }
});

Deno.test("run ends with 64 and one line when a command lacks something or has too much", async () => {
  for (
    const [args, words] of [
      [["backup"], "backup needs FILE"],
      [["erase"], "erase needs --uid UID"],
      [["erase", "--uid", "x"], '--uid is "x"; allowed:'],
      [["purge", "--older-than", "0d"], '--older-than is "0d"; allowed:'],
      [["purge", "--older-than", "365"], "allowed:"],
      [["export", "--format", "xml"], "allowed: jsonl or txt"],
    ] as const
  ) {
    const host = new FakeHost({});
    assert.equal(await run(args, host), 64, args.join(" "));
    assert.match(host.stderr, /^chatbox50: .*\n$/);
    assert(host.stderr.includes(words), host.stderr);
    assert.deepEqual(host.ran, []);
  }
});

Deno.test("run ends a command with the code of its outcome and takes the progress away", async () => {
  const outcomes: readonly (readonly [() => CommandOutcome, number])[] = [
    [() => Promise.resolve(undefined), 0],
    [() => Promise.resolve("unavailable"), 69],
    [() => Promise.reject(new StartError("Cannot do it", "cannotCreate")), 73],
    [() => Promise.reject(new Error("odd")), 70],
  ];
  for (const [outcome, code] of outcomes) {
    const host = new FakeHost({});
    host.outcome = outcome;
    assert.equal(await run(["stats"], host), code);
    assert.equal(host.stdout, "counted\n");
    assert.equal(host.progressed.at(0), "counting");
    assert.equal(host.progressed.at(-1), "");
    assert.deepEqual(host.listeners.size, 0);
  }
});

Deno.test("run ends a command with 128 and the signal's number when it gives way to a signal", async () => {
  const host = new FakeHost({});
  const operations: Operations = {
    ...host.operations,
    stats: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  };
  const running = run(["stats"], Object.assign(host, { operations }));
  host.signal("SIGINT");
  assert.equal(await running, 130);
  assert.equal(host.stderr, "");
});
