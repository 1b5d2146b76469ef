import assert from "node:assert/strict";
import { fstatSync } from "node:fs";
import { goesToJournal } from "../src/logging/journal.ts";
import fc from "fast-check";
import { configureLogging, type LoggingOptions, makeLogger, stopLogging } from "../src/logging.ts";
import { REDACTED } from "../src/logging/redactor.ts";

const TOKEN = 'tök/en+"0123456789';

type Lines = string[];

/** Logs into a list; the tests of this file run one after the other, so that they can share the one configuration. */
function capture(options: Partial<LoggingOptions> = {}): Lines & Disposable {
  const lines: Lines = [];
  configureLogging({ level: "debug", format: "json", write: (line) => lines.push(line), ...options });
  return Object.assign(lines, { [Symbol.dispose]: stopLogging });
}

function only(lines: Lines): Record<string, unknown> {
  assert.equal(lines.length, 1);
  const [line = ""] = lines;
  assert.match(line, /^[^\n]+\n$/);
  return JSON.parse(line);
}

Deno.test("makeLogger writes one JSON object a line with time, level, logger, message and fields", () => {
  using lines = capture();
  makeLogger(["discord", "gateway"]).warn("Lost {shard}", { shard: 1, uid: "u", missing: undefined });
  const { time, ...rest } = only(lines);
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, {
    level: "warn",
    logger: "chatbox50.discord.gateway",
    message: "Lost {shard}",
    shard: 1,
    uid: "u",
  });
});

Deno.test("makeLogger keeps a field whose name is taken apart", () => {
  using lines = capture();
  makeLogger("web").info("Closed", { message: "m", level: 9 });
  const { message, level, "fields.message": own, "fields.level": ownLevel } = only(lines);
  assert.deepEqual([message, level, own, ownLevel], ["Closed", "info", "m", 9]);
});

Deno.test("makeLogger writes an error with name, message, stack and cause", () => {
  using lines = capture();
  const error = new TypeError("outer", { cause: new Error("inner", { cause: "root" }) });
  makeLogger("web").error("Failed", { error: Object.assign(error, { code: 10003n }) });
  const logged = only(lines)["error"] as Record<string, unknown>;
  assert.deepEqual([logged["name"], logged["message"], logged["code"]], ["TypeError", "outer", "10003"]);
  assert.match(String(logged["stack"]), /^TypeError: outer\n +at .*logging_test\.ts/);
  const cause = logged["cause"] as Record<string, unknown>;
  assert.deepEqual([cause["name"], cause["message"], cause["cause"]], ["Error", "inner", "root"]);
});

Deno.test("makeLogger survives big integers, cycles, bad getters, depth and strange values", () => {
  using lines = capture();
  const circle: Record<string, unknown> = { id: 1n };
  circle["self"] = { again: circle };
  const shared = { id: 1n };
  let deep: unknown = 1;
  for (let i = 0; i < 1000; i++) deep = { deep };
  makeLogger("web").info("Strange", {
    circle,
    twice: [shared, shared],
    deep,
    nan: NaN,
    map: new Map([["a", 2n]]),
    set: new Set([1]),
    bytes: new Uint8Array(5),
    date: new Date(0),
    badDate: new Date(NaN),
    symbol: Symbol("s"),
    call: () => 1,
    url: new URL("https://x/"),
    json: { toJSON: (): bigint => 3n },
    bad: {
      fine: 1,
      get worse(): never {
        throw new RangeError("no");
      },
    },
    many: Array.from({ length: 300 }, (_, index) => index),
    get worst(): never {
      throw new RangeError("no");
    },
  });
  const {
    circle: round,
    deep: depth,
    many,
    time: _,
    level: _level,
    logger: _logger,
    message: _message,
    ...rest
  } = only(
    lines,
  );
  assert.deepEqual(round, { id: "1", self: { again: "[circular]" } });
  assert.match(JSON.stringify(depth), /"\[too deep\]"/);
  assert.deepEqual((many as unknown[]).slice(198), [198, 199, "[100 more]"]);
  assert.deepEqual(rest, {
    twice: [{ id: "1" }, { id: "1" }],
    nan: "NaN",
    map: [["a", "2"]],
    set: [1],
    bytes: "[5 bytes]",
    date: "1970-01-01T00:00:00.000Z",
    badDate: "[invalid date]",
    symbol: "Symbol(s)",
    call: "[function]",
    url: "https://x/",
    json: "3",
    bad: { fine: 1, worse: "[unreadable: RangeError]" },
    worst: "[unreadable: RangeError]",
  });
});

Deno.test("makeLogger writes one parsable line, whatever the fields are", () => {
  using lines = capture();
  const logger = makeLogger("web");
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.object({ withBigInt: true, withDate: true, withMap: true }),
      (text, fields) => {
        lines.length = 0;
        logger.info(text, fields);
        only(lines);
      },
    ),
  );
});

for (const format of ["json", "pretty"] as const) {
  Deno.test(`[S5] makeLogger never writes a secret as ${format}`, () => {
    using lines = capture({ format, secrets: [TOKEN, ""] });
    const error = new Error(`401 for Bot ${TOKEN}`, {
      cause: { url: `https://x/?t=${encodeURIComponent(TOKEN)}` },
    });
    error.stack += `\n    at ${TOKEN}`;
    makeLogger("discord").error(`Refused ${TOKEN}`, {
      error,
      headers: new Map([["authorization", `Bot ${TOKEN}`]]),
      body: JSON.stringify({ token: TOKEN }),
      [TOKEN]: 1,
      nested: [{ [TOKEN]: [TOKEN] }],
      base64: btoa(String.fromCharCode(...new TextEncoder().encode(TOKEN))),
    });
    makeLogger("discord").info("Fine");
    const text = lines.join("");
    for (const part of ["0123456789", "0123", btoa("0123456789").slice(0, 8), "MDEyMzQ1"]) {
      assert(!text.includes(part), text);
    }
    assert(text.split(REDACTED).length > 8, text);
    assert.match(text, /Fine/);
  });
}

Deno.test("makeLogger's pretty lines carry fields, and the stack below", () => {
  using lines = capture({ format: "pretty" });
  makeLogger(["web", "socket"]).info("Opened", { uid: "abc", note: "two words", n: 1, list: ["a"] });
  makeLogger("web").error("Failed", { error: new Error("outer", { cause: new TypeError("inner") }) });
  const [first = "", second = ""] = lines;
  assert.match(
    first,
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INFO {2}web\.socket Opened uid=abc note="two words" n=1 list=\["a"\]\n$/,
  );
  assert.match(
    second,
    /ERROR web Failed error="Error: outer"\n {4}Error: outer\n {8}at [^]*\n {4}caused by TypeError: inner\n/,
  );
});

Deno.test("makeLogger's pretty lines cannot be forged by what strangers send", () => {
  using lines = capture({ format: "pretty" });
  const bad = "x\n2026-01-01 12:00:00.000 INFO  web Opened\x1b[2J\u202e\u2028";
  makeLogger("web").warn(`Odd ${bad}`, { name: bad, [bad]: 1, error: new Error(bad) });
  const text = lines.join("");
  for (const character of ["\x1b", "\u202e", "\u2028"]) assert(!text.includes(character));
  assert.equal(text.split("\n").filter((line) => /^\d{4}-\d\d-\d\d \d\d:/.test(line)).length, 1);
});

Deno.test("makeLogger colors only when asked to", () => {
  using plain = capture({ format: "pretty" });
  makeLogger("web").info("Opened", { uid: "a" });
  using colored = capture({ format: "pretty", colors: true });
  makeLogger("web").info("Opened", { uid: "a" });
  assert(!plain.join("").includes("\x1b"));
  assert(colored.join("").includes("\x1b["));
});

Deno.test("configureLogging writes its level and everything more severe", () => {
  const logger = makeLogger("web");
  const levels = ["debug", "info", "warn", "error"] as const;
  for (const [index, level] of levels.entries()) {
    using lines = capture({ level });
    for (const each of levels) logger[each]("Text");
    assert.deepEqual(lines.map((line) => JSON.parse(line).level), levels.slice(index));
  }
  logger.error("Nobody listens any more");
});

Deno.test("makeLogger does not throw when nothing can be written", () => {
  using _ = capture({
    write: () => {
      throw new Error("disk full");
    },
  });
  makeLogger("web").error("Lost");
});

Deno.test("configureLogging puts the priority before every line that goes to the journal", () => {
  for (const format of ["json", "pretty"] as const) {
    let written = "";
    configureLogging({ level: "debug", format, journal: true, write: (line) => void (written += line) });
    try {
      const logger = makeLogger("test");
      logger.debug("a");
      logger.info("b");
      logger.warn("c");
      logger.error("d", { error: new Error("e") });
    } finally {
      stopLogging();
    }
    const lines = written.trimEnd().split("\n");
    assert.deepEqual(lines.slice(0, 3).map((line) => line.slice(0, 3)), ["<7>", "<6>", "<4>"]);
    // a stack has several lines where people read it
    assert(lines.slice(3).every((line) => line.startsWith("<3>")), written);
    assert.equal(lines.length > 4, format === "pretty");
  }
});

Deno.test("goesToJournal knows standard error by its device and inode", () => {
  const { dev, ino } = fstatSync(2);
  assert.equal(goesToJournal(`${dev}:${ino}`), Deno.build.os === "linux");
  for (const stream of [undefined, "", `${dev}:${ino}1`, "x"]) assert.equal(goesToJournal(stream), false);
});
