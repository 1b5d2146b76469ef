import assert from "node:assert/strict";
import { type Config, ConfigError, type ConfigInput, parseConfig } from "../../src/config.ts";
import { type OptionKey, propertyOf } from "../../src/config/options.ts";

/** A token as Discord makes them. */
export const SECRET = "c2VjcmV0LXRva2Vu.abcdef.0123456789";

/** Parses settings; no file may be read for them unless the input says how. */
export function parse(input: Partial<ConfigInput>): Config {
  return parseConfig({ args: [], env: {}, readFile: () => assert.fail("read a file"), ...input });
}

/** What is said of settings that are refused: one line. */
export function message(input: Partial<ConfigInput>): string {
  try {
    parse(input);
  } catch (error) {
    assert(error instanceof ConfigError, `not a ConfigError: ${error}`);
    assert.doesNotMatch(error.message, /[\p{Cc}\u2028\u2029]/u);
    return error.message;
  }
  assert.fail("was accepted");
}

/** What an option is when the environment sets it. */
export function valueOf(key: OptionKey, text: string): unknown {
  return new Map(Object.entries(parse({ env: { [key]: text } }))).get(propertyOf(key));
}
