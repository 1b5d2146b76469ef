import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { ConfigError, OPTION_KEYS, parseConfig } from "../../src/config.ts";
import {
  bigint,
  boolean,
  bytes,
  ChatBoxError,
  type IdType,
  isUuid,
  number,
  string,
  tuple,
  uuid,
} from "../../src/core/mod.ts";
import { escapeMarkdown } from "../../src/discord/text/escape.ts";
import { plain, readMarkup } from "../../src/discord/text/markup.ts";
import { isSnowflake, snowflake } from "../../src/discord/snowflake.ts";
import { fromText, toText } from "../../src/storage/text.ts";
import { inTime } from "./in_time.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";

const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 300) };
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 50);
const NAMES = { users: [], role: () => undefined, channel: () => undefined };
/** The parser is a package, and takes some milliseconds for 4,000 brackets; a pattern that backtracks for ever would take minutes. */
const MARKDOWN_LIMIT_MS = 250;
const MARKDOWN = [
  "**bold _and_ italic** ~~gone~~ ||hidden|| `code`",
  "```ts\nconst a = 1;\n```\n> quote\n>>> all of it\n# Title\n-# small",
  "- a\n  - b\n1. c\n[text](https://example.org 'x') <https://example.org> <@1> <#2> <@&3> <t:0:R> </a:1> <:e:1>",
] as const;

Deno.test("[S3] readMarkup gives plain words for whatever staff writes, in time", () => {
  const random = new Random(SEED);
  for (let i = 0; i < RUNS.numRuns * 5; i++) {
    const source = mutate(random.of(MARKDOWN), random, random.of(MARKDOWN)).slice(0, 4_000);
    const { content, nodes } = notLate(source, () => readMarkup(source, NAMES));
    equal(typeof content, "string");
    if (nodes !== undefined) equal(typeof plain(nodes), "string");
    // What is stored is JSON.
    deepEqual(JSON.parse(JSON.stringify(nodes ?? [])), nodes ?? []);
  }
});

function notLate<T>(source: string, work: () => T): T {
  try {
    return inTime(work, MARKDOWN_LIMIT_MS);
  } catch (error) {
    throw new Error(`seed ${SEED}: ${JSON.stringify(source)}`, { cause: error });
  }
}

for (const lineEnd of ["\n", "\r\n", "\r"]) {
  Deno.test(`[S3] readMarkup holds what once was found: a block of code that begins with ${JSON.stringify(lineEnd)} for ever`, () => {
    const source = `\`\`\`t${lineEnd.repeat(1_900 / lineEnd.length)}x`;
    equal(notLate(source, () => readMarkup(source, NAMES)).content, source);
  });
}

Deno.test("[S3] readMarkup reads what escapeMarkdown made of any text as that text", () => {
  const text = fc.string({ unit: "grapheme-ascii", maxLength: 60 }).map((value) => value.trim())
    .filter((value) => !/[<:@/]/.test(value));
  fc.assert(
    fc.property(text, (value) => equal(readMarkup(escapeMarkdown(value), NAMES).content.trim(), value)),
    RUNS,
  );
});

Deno.test("[S3] parseConfig reads or refuses whatever the environment, .env and flags hold, in one line", () => {
  const key = fc.oneof(fc.constantFrom(...OPTION_KEYS), fc.string());
  const value = fc.string({ unit: "binary" });
  const flag = fc.tuple(key, value)
    .map(([name, text]) => `--${name.toLowerCase().replaceAll("_", "-")}=${text}`);
  const env = fc.dictionary(key, value, { maxKeys: 4 });
  const dotenv = fc.array(fc.tuple(key, value).map(([name, text]) => `${name}=${text}`)).map((all) =>
    all.join("\n")
  );
  fc.assert(
    fc.property(fc.array(flag, { maxLength: 3 }), env, dotenv, (args, env, dotenv) => {
      try {
        parseConfig({ args, env, dotenv, readFile: () => "" });
      } catch (error) {
        ok(error instanceof ConfigError, String(error));
        ok(!/[\r\n\u2028]/.test(error.message), error.message);
      }
    }),
    RUNS,
  );
});

/** An id type and ids of it. */
interface IdCase<T> {
  readonly type: IdType<T>;
  readonly ids: fc.Arbitrary<T>;
  /** Whether it takes a text, where that is known without it. */
  readonly accepts?: (text: string) => boolean;
}

/** Keeps the id's type between the two, and forgets it. */
function idCase<T>({ type, ids, accepts }: IdCase<T>): { readonly name: string; readonly check: () => void } {
  const decode = (text: string): { readonly id: T } | undefined => {
    try {
      return { id: type.decode(text) };
    } catch (error) {
      ok(error instanceof ChatBoxError, `${type.name}: ${error}`);
      return undefined;
    }
  };
  const check = (text: string): void => {
    const decoded = inTime(() => decode(text));
    if (accepts !== undefined) {
      equal(decoded !== undefined, accepts(text), `${type.name}: ${JSON.stringify(text)}`);
    }
    // Two texts for one id would be two clients where there is one.
    if (decoded !== undefined) equal(type.encode(decoded.id), text, type.name);
  };
  return {
    name: type.name,
    check: () => {
      fc.assert(fc.property(ids, (id) => deepEqual(type.decode(type.encode(id)), id)), RUNS);
      fc.assert(fc.property(fc.string({ unit: "binary" }), check), RUNS);
      // Texts that nearly are ids.
      const random = new Random(SEED);
      fc.assert(
        fc.property(ids, ids, (id, other) => check(mutate(type.encode(id), random, type.encode(other)))),
        RUNS,
      );
    },
  };
}

const ID_TYPES = [
  idCase({ type: uuid, ids: fc.uuid({ version: 4 }).map((id) => uuid.decode(id)), accepts: isUuid }),
  idCase({
    type: snowflake,
    ids: fc.bigInt(1n, 2n ** 63n).map((id) => snowflake.decode(`${id}`)),
    accepts: isSnowflake,
  }),
  idCase({ type: string, ids: fc.string({ unit: "grapheme", minLength: 1, maxLength: 50 }) }),
  idCase({
    type: number,
    ids: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  }),
  idCase({ type: bigint, ids: fc.bigInt() }),
  idCase({ type: boolean, ids: fc.boolean() }),
  idCase({ type: bytes, ids: fc.uint8Array() }),
  idCase({
    type: tuple(string, bigint),
    ids: fc.tuple(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), fc.bigInt()),
  }),
];

for (const { name, check } of ID_TYPES) {
  Deno.test(
    `[S3] the id type ${name} decodes what it encoded and refuses everything else with its own error`,
    check,
  );
}

Deno.test("[S3] texts come out of the database as they went in, and hold nothing that SQLite cuts off", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
  );
  fc.assert(
    fc.property(text, (value) => {
      const stored = toText(value);
      ok(stored.isWellFormed() && !stored.includes("\0"));
      equal(fromText(stored), value);
    }),
    RUNS,
  );
});
