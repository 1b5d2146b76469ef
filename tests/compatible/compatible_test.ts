// The command, run as anybody runs it, against both simulated servers as processes of their own, and with a person as staff.
import assert from "node:assert/strict";
import { RELAXED } from "../e2e/world.ts";
import { TextLineStream } from "../e2e/text_lines.ts";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { Collector, within } from "../support/until.ts";
import { readSettings } from "./settings.ts";

const HERE = import.meta.dirname;
const LIMIT_MS = 60_000;
const NAMES = [
  "a thread is made for the visitor",
  "the visitor's message stands in it",
  "staff's answer reaches the visitor",
  "staff's edit reaches the visitor",
  "staff's deletion reaches the visitor",
  "the visitor's edit reaches staff",
  "the visitor's deletion reaches staff",
  "staff write while the server is down",
  "what was written meanwhile reaches the visitor",
];

type Env = Readonly<Record<string, string>>;

/** A program of this folder, and what it says. */
class Program implements AsyncDisposable {
  readonly lines = new Collector<string>();
  readonly #onLine: (line: string) => void;
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void>;

  constructor(
    args: readonly string[],
    env: Env,
    { stdin = "null", onLine = () => {} }: {
      readonly stdin?: "piped" | "null";
      readonly onLine?: (line: string) => void;
    } = {},
  ) {
    this.#onLine = onLine;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", ...args],
      env,
      stdin,
      stdout: "piped",
    }).spawn();
    this.#read = this.#collect();
  }

  async #collect(): Promise<void> {
    const text = this.#child.stdout.pipeThrough(new TextDecoderStream());
    for await (const line of text.pipeThrough(new TextLineStream())) {
      this.lines.push(line);
      this.#onLine(line);
    }
  }

  /** Waits for its end. */
  async code(): Promise<number> {
    await within("the command to end", this.#read, LIMIT_MS);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // It has ended.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#read;
    await this.#child.status;
  }
}

function command(env: Env, onLine?: (line: string) => void): Program {
  return new Program([`${HERE}/main.ts`], env, onLine && { onLine });
}

/** Does as Alice what a person is told to. */
function obey(discord: DiscordSimulator): (line: string) => void {
  const alice = discord.staff("Alice");
  let said = "";
  return (line) => {
    const [, order, text = ""] = /^ {2}>> now you: ([^:]+)(?:: (.*))?$/.exec(line) ?? [];
    const [thread] = discord.threads();
    if (order === undefined || thread === undefined) return;
    if (order.startsWith("write")) said = alice.say(thread.id, text).id;
    else if (order.startsWith("change")) alice.edit(thread.id, said, text);
    else if (order.startsWith("delete")) alice.delete(thread.id, said);
    else alice.slash(thread.id, "close");
  };
}

/** What the report says of the checks, by the word at its beginning. */
function outcomes(lines: readonly string[], word: string): readonly string[] {
  return lines.filter((line) => line.startsWith(`${word} `)).map((line) =>
    line.slice(8).split(": ")[0] ?? ""
  );
}

const NEXT = "the visitor's next message stands in the thread";
const EXPECTED = {
  simulator: {
    ok: [
      ...NAMES,
      "staff archive the thread",
      "the thread shows that it is shut",
      NEXT,
    ],
    skipped: ["/close"],
  },
  plain: {
    ok: [...NAMES.filter((name) => !name.startsWith("staff's ") || name.includes("answer")), NEXT],
    skipped: [
      "staff's edit reaches the visitor",
      "staff's deletion reaches the visitor",
      "/close",
      "staff archive the thread",
      "the thread shows that it is shut",
    ],
  },
};

for (const kind of ["simulator", "plain"] as const) {
  Deno.test(
    `runMainPath sees the main path work on the ${kind} server, another process, by its public API`,
    RELAXED,
    async () => {
      await using server = new Program([`${HERE}/serve.ts`, kind], {}, { stdin: "piped" });
      const [line = ""] = await server.lines.count("line with the address", 1);
      await using run = command(JSON.parse(line));
      assert.equal(await run.code(), 0, run.lines.items.join("\n"));
      assert.deepEqual(outcomes(run.lines.items, "ok"), EXPECTED[kind].ok);
      assert.deepEqual(outcomes(run.lines.items, "skipped"), EXPECTED[kind].skipped);
    },
  );
}

Deno.test(
  "runMainPath tells a person what to do, and sees it reach the visitor, /close too",
  RELAXED,
  async () => {
    await using discord = await DiscordSimulator.start();
    discord.createForum("chatbox50");
    const env = { DISCORD_API_URL: discord.url, DISCORD_TOKEN: discord.token };
    await using run = command(env, obey(discord));
    assert.equal(await run.code(), 0, run.lines.items.join("\n"));
    assert.deepEqual(outcomes(run.lines.items, "ok"), [
      ...NAMES,
      "/close tells the visitor",
      "the thread shows that it is shut",
      NEXT,
    ]);
  },
);

Deno.test("runMainPath says what did not reach the visitor, and fails", RELAXED, async () => {
  await using discord = await DiscordSimulator.start();
  discord.createForum("chatbox50");
  const env = { DISCORD_API_URL: discord.url, DISCORD_TOKEN: discord.token, PATIENCE_SECONDS: "1" };
  const person = obey(discord);
  await using run = command(env, (line) => line.includes("change that") ? undefined : person(line));
  assert.equal(await run.code(), 1, run.lines.items.join("\n"));
  assert.deepEqual(outcomes(run.lines.items, "FAILED"), [
    "staff's edit reaches the visitor",
  ]);
  assert.match(run.lines.items.at(-1) ?? "", /, 1 failed$/);
});

Deno.test("readSettings says what is missing, and finds the version of the API itself", () => {
  const read = (env: Env) => readSettings((key) => env[key]);
  const both = { DISCORD_TOKEN: "a", DISCORD_STAFF_TOKEN: "b" };
  assert.throws(() => read({}), /DISCORD_TOKEN is not set/);
  assert.throws(() => read({ ...both, DISCORD_STAFF_TOKEN: "a" }), /must be that of a second bot/);
  assert.throws(() => read(both), /DISCORD_CHANNEL_ID is not set/);
  assert.throws(() => read({ DISCORD_TOKEN: "a", DISCORD_API_URL: "here" }), /must begin with http/);
  assert.throws(() => read({ DISCORD_TOKEN: "a", PATIENCE_SECONDS: "0" }), /must be a number above 0/);
  for (const url of ["http://here/api", "http://here/api/", "http://here/api/v10"]) {
    assert.equal(read({ DISCORD_TOKEN: "a", DISCORD_API_URL: url }).apiUrl, "http://here/api/v10");
  }
  assert.equal(read({ DISCORD_TOKEN: "a" }).patienceMs, 300_000);
  assert.equal(read({ ...both, DISCORD_CHANNEL_ID: "1" }).patienceMs, 30_000);
});
