import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { ConfigError, OPTION_KEYS, parseConfig } from "../../src/config.ts";
import { ChatBoxError, isUuid, uuid } from "../../src/core/mod.ts";
import { escapeMarkdown } from "../../src/discord/escape.ts";
import { plain, readMarkup } from "../../src/discord/markup.ts";
import { isSnowflake, snowflake } from "../../src/discord/snowflake.ts";
import { fromText, toText } from "../../src/storage/text.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";

const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 300) };
const NAMES = { users: [], role: () => undefined, channel: () => undefined };
const MARKDOWN = [
  "**bold _and_ italic** ~~gone~~ ||hidden|| `code`",
  "```ts\nconst a = 1;\n```\n> quote\n>>> all of it\n# Title\n-# small",
  "- a\n  - b\n1. c\n[text](https://example.org 'x') <https://example.org> <@1> <#2> <@&3> <t:0:R> </a:1> <:e:1>",
] as const;

Deno.test("[S3] readMarkup gives plain words for whatever staff writes, in time", () => {
  const random = new Random(50);
  const started = performance.now();
  for (let i = 0; i < RUNS.numRuns * 5; i++) {
    const source = mutate(random.of(MARKDOWN), random, random.of(MARKDOWN)).slice(0, 4_000);
    const { content, nodes } = readMarkup(source, NAMES);
    equal(typeof content, "string");
    if (nodes !== undefined) equal(typeof plain(nodes), "string");
    // What is stored is JSON.
    deepEqual(JSON.parse(JSON.stringify(nodes ?? [])), nodes ?? []);
  }
  // A pattern that backtracks for ever would need minutes for one of them.
  ok((performance.now() - started) / RUNS.numRuns / 5 < 50);
});

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

Deno.test("[S3] id types decode what they encoded and refuse everything else with an error that shows it", () => {
  fc.assert(fc.property(fc.uuid({ version: 4 }), (id) => equal(uuid.decode(id), id)), RUNS);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const [type, accepts] of [[uuid, isUuid(text)], [snowflake, isSnowflake(text)]] as const) {
        try {
          equal(type.decode(text), text);
          equal(accepts, true);
        } catch (error) {
          ok(error instanceof ChatBoxError, String(error));
          equal(accepts, false);
        }
      }
    }),
    RUNS,
  );
});

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
