import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { fileURLToPath } from "node:url";
import type { CommandOutcome, Operations } from "../src/app/operations.ts";
import { run } from "../src/cli.ts";
import type { CliHost, Fault, RunningApp, StartApp, StopSignal } from "../src/cli/host.ts";
import { Supervisor } from "../src/cli/supervisor.ts";
import { parseConfig } from "../src/config.ts";
import { makeLogger } from "../src/logging.ts";
import { StartError } from "../src/start_error.ts";
import { VERSION } from "../src/version.ts";
import { TestAuthority } from "./support/acme/certificates.ts";
import manifest from "../deno.json" with { type: "json" };

const TOKEN = "c2VjcmV0.token.0123456789";
const UID = "2f1ee9b8-5f0c-4a36-9d3b-0d8f6a1c7e55";

/** A process of which nothing is real. */
class FakeHost implements CliHost {
  stdout = "";
  stderr = "";
  readonly exits: number[] = [];
  readonly started = Promise.withResolvers<void>();
  readonly stops: string[] = [];
  readonly finished = Promise.withResolvers<{ exitCode: number }>();
  readonly listeners = new Set<(signal: StopSignal) => void>();
  readonly faults = new Set<(fault: Fault) => void>();
  readonly logging = { format: "json", write: (line: string): void => void (this.stderr += line) } as const;
  startApp: StartApp = () => {
    this.started.resolve();
    return Promise.resolve(this.app);
  };
  readonly app: RunningApp = {
    addresses: [],
    finished: this.finished.promise,
    stop: (reason) => {
      this.stops.push(reason);
      return Promise.resolve();
    },
  };
  constructor(readonly env: Record<string, string> = { DISCORD_TOKEN: TOKEN }) {}
  readonly loadConfig: CliHost["loadConfig"] = (args) =>
    parseConfig({ args, env: this.env, readFile: () => assert.fail("read a file") });
  /** What a command was run with. */
  readonly ran: (readonly [name: string, ...input: unknown[]])[] = [];
  outcome: () => CommandOutcome = () => Promise.resolve(undefined);
  readonly operations: Operations = {
    backUp: (_context, file) => this.#operate("backUp", file),
    check: () => this.#operate("check"),
    checkMisconfigured: (print, problems) => void print(`${problems.join("\n")}\n`),
    erase: (_context, options) => this.#operate("erase", options),
    exportConversations: (_context, options) => this.#operate("export", options),
    purge: (_context, { olderThanMs }) => this.#operate("purge", olderThanMs),
    stats: ({ print, progress }) => {
      progress("counting");
      print("counted\n");
      return this.#operate("stats");
    },
    writeKit: (_context, folder) => this.#operate("writeKit", folder),
  };
  readonly progressed: string[] = [];
  #operate(...ran: [string, ...unknown[]]): CommandOutcome {
    this.ran.push(ran);
    return this.outcome();
  }
  print(text: string): boolean {
    this.stdout += text;
    return true;
  }
  progress(text: string): void {
    this.progressed.push(text);
  }
  printError(text: string): void {
    this.stderr += text;
  }
  readonly notified: string[] = [];
  supervisor(): Supervisor {
    const send = (message: string): void => void this.notified.push(message);
    return new Supervisor({ watchdogUsec: undefined, watchdogPid: undefined, pid: 1, send });
  }
  onSignal(callback: (signal: StopSignal) => void): () => void {
    this.listeners.add(callback);
    return () => void this.listeners.delete(callback);
  }
  onFault(callback: (fault: Fault) => void): () => void {
    this.faults.add(callback);
    return () => void this.faults.delete(callback);
  }
  exit(code: number): void {
    this.exits.push(code);
  }
  signal(signal: StopSignal): void {
    for (const listener of this.listeners) listener(signal);
  }
}

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

// From here on with the real process.

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function spawn(
  args: readonly string[],
  env: Record<string, string> = {},
  dotenv?: string,
): Promise<Outcome> {
  const directory = await Deno.makeTempDir();
  try {
    if (dotenv !== undefined) await Deno.writeTextFile(`${directory}/.env`, dotenv);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-net",
        "--allow-read",
        "--allow-write",
        "--allow-env",
        "--allow-sys",
        MAIN,
        ...args,
      ],
      cwd: directory,
      env: { DISCORD_TOKEN: "", ...env, NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const left = [...Deno.readDirSync(directory)].map((entry) => entry.name).filter((name) =>
      name !== ".env"
    );
    assert.deepEqual(left, [], "left files behind");
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

Deno.test("main ends with the documented codes, one line each, and writes no file", async () => {
  const [help, version, command, flag, dotenv, token] = await Promise.all([
    spawn(["--help"]),
    spawn(["version"]),
    spawn(["frobnicate"]),
    spawn(["--port", "70000"]),
    spawn([], { DISCORD_TOKEN: TOKEN }, "PORTT=1\n"),
    spawn([]),
  ]);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^ChatBox50 /);
  assert.deepEqual([version.code, version.stderr], [0, ""]);
  assert.deepEqual([command.code, command.stderr.split("\n").length], [64, 2]);
  assert.equal(flag.code, 78);
  assert.equal(
    flag.stderr,
    'chatbox50: PORT (flag --port) is "70000"; allowed: a whole number from 0 to 65535\n',
  );
  assert.equal(dotenv.code, 78);
  assert.equal(dotenv.stderr, 'chatbox50: .env line 1 sets unknown key "PORTT", did you mean PORT?\n');
  assert.deepEqual([token.code, token.stderr.trimEnd().split("\n").length], [78, 5]);
});

Deno.test("--config names a file that counts instead of .env, and refuses what it does not know", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const named = `${folder}/chatbox50.conf`;
    await Deno.writeTextFile(named, "PORTT=1\nRETENTION_DAYS=many\n");
    const mistyped = await spawn(["check", "--config", named]);
    assert.equal(mistyped.code, 78);
    assert.equal(
      mistyped.stdout,
      `FAIL  Configuration: "${named}" line 1 sets unknown key "PORTT", did you mean PORT?
FAIL  Configuration: RETENTION_DAYS ("${named}" line 2) is "many"; allowed: a whole number from 1 to 36500
-     Database, address, Discord: not looked at before the configuration is right
`,
    );
    assert.deepEqual(await spawn(["serve", "--config", named]), {
      code: 78,
      stdout: "",
      stderr: `chatbox50: "${named}" line 1 sets unknown key "PORTT", did you mean PORT?\n`,
    });
    // .env would be refused, if anybody read it
    await Deno.writeTextFile(named, "HOST=127.0.0.1\nPORT=0\nDATABASE_PATH=named.db\n");
    const whole = await spawn(["check", "--config", named], { PORT: "" }, "PORTT=1\n");
    assert.match(whole.stdout, /^ok {4}Configuration: .*\nok {4}Database: named\.db will be made/);
    const missing = await spawn(["stats", "--config", `${folder}/none`]);
    assert.deepEqual([missing.code, missing.stderr], [
      78,
      `chatbox50: --config names "${folder}/none", which cannot be read: there is no such file\n`,
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("check and serve agree on what a start needs of this machine, and serve leaves no file behind", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String((taken.addr as Deno.NetAddr).port);
  const authority = await TestAuthority.create();
  const [one, other] = await Promise.all([authority.issue("localhost"), authority.issue("localhost")]);
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/cert.pem`, one.cert);
    await Deno.writeTextFile(`${folder}/key.pem`, one.key);
    await Deno.writeTextFile(`${folder}/other.pem`, other.key);
    const certificate = { TLS_CERT: `${folder}/cert.pem`, TLS_KEY: `${folder}/key.pem` };
    const domain = { DOMAIN: "chat.example.com", PORT: "0", ACME_DIRECTORY_URL: "http://127.0.0.1:9/" };
    for (
      const [env, code, words] of [
        [
          { PORT: port },
          69,
          `Address: Cannot listen on 127.0.0.1:${port}: another program does; set PORT to `,
        ],
        [
          { HOST: "no-such-host.invalid" },
          69,
          "Address: Cannot listen on no-such-host.invalid:0: HOST is a name",
        ],
        [
          { ...domain, ACME_HTTP_PORT: port },
          69,
          `proof: Cannot listen on 127.0.0.1:${port}: another program does; set ACME_HTTP_PORT to `,
        ],
        [{ ...certificate, TLS_KEY: `${folder}/none.pem` }, 66, "Certificate: Cannot read TLS_CERT"],
        [
          { ...certificate, TLS_KEY: `${folder}/other.pem` },
          78,
          "Certificate: Cannot serve HTTPS with TLS_CERT",
        ],
        [{ DATABASE_PATH: folder }, 73, `Database: Cannot open the database ${folder}: it is a directory`],
      ] as const
    ) {
      const whole = { HOST: "127.0.0.1", PORT: "0", DISCORD_API_URL: "http://127.0.0.1:9", ...env };
      const [checked, served] = await Promise.all([
        spawn(["check"], whole),
        spawn(["serve"], { ...whole, DISCORD_TOKEN: TOKEN }),
      ]);
      const [, fail = ""] = /^FAIL {2}(.*)$/m.exec(checked.stdout) ?? [];
      assert(fail.includes(words), checked.stdout + checked.stderr);
      assert.deepEqual([checked.code, served.code], [code, code], served.stderr);
      assert.equal(served.stderr, `chatbox50: ${fail.slice(fail.indexOf("Cannot "))}\n`);
    }
  } finally {
    taken.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("check takes an empty database file for none, as serve does", async () => {
  const file = await Deno.makeTempFile();
  try {
    const { stdout } = await spawn(["check"], { DATABASE_PATH: file, HOST: "127.0.0.1", PORT: "0" });
    assert(
      stdout.includes(`ok    Database: ${file}, which is empty, will be made at the first start`),
      stdout,
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("the real process survives what nobody handled and ends with 0 on a signal", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-env",
      "--allow-read",
      fileURLToPath(new URL("./support/faulty_main.ts", import.meta.url)),
    ],
    stdout: "piped",
    stderr: "piped",
    stdin: "null",
    env: { DISCORD_TOKEN: TOKEN, LOG_FORMAT: "json" },
  }).spawn();
  const errors = new Response(child.stderr).text();
  // says "alive" once both faults are behind it
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, "alive\n");
  child.kill("SIGTERM");
  await reader.cancel();
  assert.equal((await child.status).code, 0);
  const lines = (await errors).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ message, kind, error }) => [message, kind, error?.message]), [
    ["Unhandled error", "exception", "thrown in a timer"],
    ["Unhandled error", "rejection", "rejected"],
    ["Stopping", undefined, undefined],
  ]);
});
