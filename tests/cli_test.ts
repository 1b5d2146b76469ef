import assert from "node:assert/strict";
import { run } from "../src/cli.ts";
import { VERSION } from "../src/version.ts";
import manifest from "../deno.json" with { type: "json" };
import { FakeHost, TOKEN } from "./cli/fake_host.ts";

const UID = "2f1ee9b8-5f0c-4a36-9d3b-0d8f6a1c7e55";

Deno.test("run prints the version of deno.json", async () => {
  assert.equal(VERSION, manifest.version);
  for (const args of [["version"], ["--version"], ["serve", "--version"]]) {
    const host = new FakeHost({});
    assert.equal(await run(args, host), 0);
    assert.match(host.stdout, new RegExp(`^chatbox50 ${VERSION.replaceAll(".", "\\.")} \\(Deno .+\\)\\n$`));
    assert.equal(host.stderr, "");
  }
});

Deno.test("run prints help with commands and flags", async () => {
  for (const args of [["help"], ["--help"], ["-h"], ["serve", "--help"], ["version", "--help"]]) {
    const host = new FakeHost({});
    assert.equal(await run(args, host), 0);
    for (
      const part of [
        "serve",
        "backup FILE",
        "--older-than AGE",
        "version",
        "--port NUMBER",
        "DISCORD_TOKEN",
        "--discord-token-file",
      ]
    ) {
      assert(host.stdout.includes(part), part);
    }
    assert.equal(host.stderr, "");
  }
});

Deno.test("run prints the help of one command alone when that is asked for", async () => {
  const host = new FakeHost({});
  assert.equal(await run(["erase", "--help"], host), 0);
  assert.match(host.stdout, /^Usage: chatbox50 erase \[FLAGS\]\n\n {2}erase .*\n {4}--uid /);
  for (const part of ["--leave-thread", '"chatbox50 help" lists everything']) {
    assert(host.stdout.includes(part), part);
  }
  for (const part of ["purge", "--port", "DISCORD_TOKEN"]) assert(!host.stdout.includes(part), part);
  const backup = new FakeHost({});
  assert.equal(await run(["backup", "-h"], backup), 0);
  assert.match(backup.stdout, /^Usage: chatbox50 backup FILE \[FLAGS\]\n/);
  assert.deepEqual(host.ran, []);
});

Deno.test("run ends with 64 and one line when the command is unknown", async () => {
  for (
    const [command, words] of [["srve", "did you mean serve?"], ["a\nb", '"a\\nb"'], [
      "constructor",
      "commands are",
    ]]
  ) {
    const host = new FakeHost();
    assert.equal(await run([command ?? ""], host), 64);
    assert.match(host.stderr, /^chatbox50: Unknown command .*\n$/);
    assert(host.stderr.includes(words ?? ""), host.stderr);
  }
});

Deno.test("run ends with 64 and one line when the command line has what no command knows", async () => {
  for (
    const [args, words] of [
      [["--prot=1"], 'Unknown flag "--prot", did you mean --port?'],
      [["serve", "--format=txt"], 'Unknown flag "--format"'],
      [["serve", "extra"], "Argument 1 is not a flag; only flags may follow, as --NAME VALUE"],
      [["serve", "--port"], "Flag --port needs a value"],
      [["serve", "--name", "--help"], "Flag --name needs a value"],
      [["serve", "--port=1", "--port=2"], "Flag --port is given twice"],
      [["stats", "--foo"], 'Unknown flag "--foo"'],
      [["stats", "--uid", UID], 'Unknown flag "--uid"'],
      [["stats", "extra"], "Argument 1 is not a flag"],
      [["backup", "a", "b"], "Argument 2 is one too many"],
      [["erase", "--uid"], "Flag --uid needs a value"],
      [["erase", "--uid", UID, "--leave-thread=no"], "Flag --leave-thread takes no value"],
      [["help", "foo"], "Argument 1 is not a flag; nothing more may stand here"],
      [["help", "--foo"], 'Unknown flag "--foo"'],
      [["version", "--foo"], 'Unknown flag "--foo"'],
      [["version", "--port=1"], 'Unknown flag "--port"'],
      [["--help=x"], "Flag --help takes no value"],
    ] as const
  ) {
    const host = new FakeHost({});
    assert.equal(await run(args, host), 64, args.join(" "));
    assert.match(host.stderr, /^chatbox50: .*\n$/);
    assert(host.stderr.includes(words), host.stderr);
    assert.deepEqual([host.stdout, host.ran], ["", []]);
  }
});

Deno.test("run answers --help before it asks for what a command needs", async () => {
  for (const args of [["erase", "--help"], ["backup", "-h"], ["serve", "--port=x", "--help"]]) {
    const host = new FakeHost({});
    assert.equal(await run(args, host), 0, host.stderr);
    assert.match(host.stdout, /^Usage: chatbox50 /m);
  }
});

Deno.test("run ends with 78 and one line when the configuration is wrong", async () => {
  for (
    const [args, env] of [[["serve", "--port=x"], {}], [["stats", "--port=x"], {}], [[], {
      DISCORD_TOKEN: `${TOKEN} x`,
    }]] as const
  ) {
    const host = new FakeHost(env);
    assert.equal(await run(args, host), 78);
    assert.match(host.stderr, /^chatbox50: .*\n$/);
    assert(!host.stderr.includes(TOKEN));
    assert.deepEqual(host.ran, []);
  }
});

Deno.test("run lets check say everything that is wrong with the configuration", async () => {
  const host = new FakeHost({ PORT: "x", LIMIT_FRAMES: "-1", LOG_LEVEL: "loud" });
  assert.equal(await run(["check"], host), 78);
  assert.deepEqual(host.stdout.trimEnd().split("\n").map((line) => line.split(" ")[0]), [
    "PORT",
    "LIMIT_FRAMES",
    "LOG_LEVEL",
  ]);
  assert.deepEqual([host.stderr, host.ran], ["", []]);
});

Deno.test("run reads no configuration for a command that has nothing to do with it", async () => {
  const host = new FakeHost({ PORT: "x" });
  assert.equal(await run(["kit", "folder"], host), 0, host.stderr);
  assert.deepEqual(host.ran, [["writeKit", "folder"]]);
});

Deno.test("run ends with 78 and five lines on how to get a token when there is none", async () => {
  const host = new FakeHost({ DISCORD_TOKEN: "" });
  assert.equal(await run([], host), 78);
  assert.equal(host.stderr.trimEnd().split("\n").length, 5);
  assert.match(host.stderr, /^DISCORD_TOKEN is not set/);
});
