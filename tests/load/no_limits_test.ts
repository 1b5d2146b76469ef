import { equal, ok } from "node:assert/strict";
import { OPTION_KEYS, OPTIONS } from "../../src/config/options.ts";
import { NO_LIMITS } from "./no_limits.ts";

Deno.test("NO_LIMITS turns off whatever can be turned off, and nothing else", () => {
  for (const key of OPTION_KEYS) {
    const { help } = OPTIONS[key];
    equal(NO_LIMITS[key], help.endsWith("0 turns the limit off") ? "0" : undefined, key);
  }
  // Else there would be nothing to compare.
  ok(Object.keys(NO_LIMITS).includes("MAX_UNSENT_MIB"));
});
