import assert from "node:assert/strict";
import { type Footing, Footings, type Sign } from "../../src/discord/intake/footing.ts";
import type { Snowflake } from "../../src/discord/snowflake.ts";

const THREAD = "100" as Snowflake;

/** What happens to a thread, one after the other, and how it stands at the end. */
const STORIES: readonly (readonly [what: string, signs: readonly Sign[], end: Footing])[] = [
  ["nothing is known of it", [], "unsure"],
  ["it was made while we listened", ["made"], "current"],
  ["staff were faster than the pairing", ["made", "missed"], "behind"],
  ["staff were faster, and Discord tells late that it is new", ["missed", "made"], "behind"],
  ["a look around finds nothing new", ["quiet"], "current"],
  ["a look around finds nothing new, but an event had no room", ["missed", "quiet"], "behind"],
  ["it was read", ["begun", "read"], "current"],
  ["an event has no room while it is read", ["begun", "missed", "read"], "behind"],
  ["the session is lost while it is read", ["begun", "doubted", "read"], "unsure"],
  ["the session is lost, then it is read", ["made", "doubted", "begun", "read"], "current"],
  ["the session is lost before what was missed is read", ["missed", "doubted"], "behind"],
  ["Discord refuses to have it read", ["begun", "refused"], "refused"],
  ["a look around finds nothing new in what was refused", ["begun", "refused", "quiet"], "refused"],
  ["Discord calls new what was refused", ["begun", "refused", "made"], "refused"],
  ["something more happens in what was refused", ["begun", "refused", "missed"], "refused"],
  ["a message in it is refused", ["made", "refused"], "refused"],
  ["it is tried again after a refusal", ["begun", "refused", "forgiven", "begun", "read"], "current"],
  ["the bot may see the channel again", ["begun", "refused", "doubted"], "behind"],
  ["the bot may see the channel again, and it is read", [
    "begun",
    "refused",
    "doubted",
    "begun",
    "read",
  ], "current"],
  ["a refusal that was none is forgiven", ["made", "forgiven"], "current"],
  ["it is read to its end although nobody began", ["read"], "unsure"],
];

for (const [what, signs, end] of STORIES) {
  Deno.test(`[X4] Footings hold a thread for ${end} when ${what}`, () => {
    const footings = new Footings();
    for (const sign of signs) footings.tell(THREAD, sign);
    assert.equal(footings.of(THREAD), end);
    assert.deepEqual(footings.behind, end === "behind" ? [THREAD] : []);
  });
}

Deno.test("[X4] Footings doubt all threads at once, and forget the ones that are gone", () => {
  const footings = new Footings();
  const [current, refused, behind] = ["1", "2", "3"] as Snowflake[];
  assert.ok(current && refused && behind);
  footings.tell(current, "made");
  footings.tell(refused, "refused");
  footings.tell(behind, "missed");
  footings.tellAll("doubted");
  assert.deepEqual([current, refused, behind].map((thread) => footings.of(thread)), [
    "unsure",
    "behind",
    "behind",
  ]);
  footings.forget(behind);
  assert.deepEqual(footings.behind, [refused]);
});

Deno.test("[O4] Footings forget the oldest ones, which makes them unsure and never current", () => {
  const footings = new Footings();
  for (let id = 1; id <= 20_001; id++) footings.tell(String(id) as Snowflake, "made");
  for (let id = 30_001; id <= 40_001; id++) footings.tell(String(id) as Snowflake, "missed");
  assert.equal(footings.behind.length, 10_000);
  assert.deepEqual(
    ["1", "2", "20001", "30001", "30002"].map((id) => footings.of(id as Snowflake)),
    ["unsure", "current", "current", "unsure", "behind"],
  );
});
