import assert from "node:assert/strict";
import { whyUnreachable } from "../../src/discord/rest/unreachable.ts";

const URL = "http://discord.test/api/secret";
const OLD = `error sending request for url (${URL}): client error`;

const CASES: readonly (readonly [string, RegExp, boolean])[] = [
  [`${OLD} (Connect): tcp connect error: Connection refused (os error 111)`, /ECONNREFUSED/, false],
  [`${OLD} (Connect): dns error: failed to lookup address information`, /DNS/, false],
  [`${OLD} (Connect): invalid peer certificate: UnknownIssuer`, /TLS/, false],
  [`${OLD} (Connect): tcp connect error: Connection timed out (os error 110)`, /timed out/, false],
  [`${OLD} (SendRequest): connection closed before message completed`, /cut before the answer/, true],
  ["error reading a body from connection", /cut before the answer/, true],
  ["Unexpected token '<', \"<html>\" is not valid JSON", /no JSON/, true],
  ["anything else", /the network failed/, true],
];

for (const [said, words, sent] of CASES) {
  Deno.test(`whyUnreachable says ${words} of "${said.replace(OLD, "...")}", whichever version says it`, () => {
    for (const error of [new TypeError(said), new TypeError("fetch failed", { cause: new Error(said) })]) {
      const why = whyUnreachable(error, "discord.test", 15_000);
      assert.match(why.reason, words);
      assert.match(why.reason, /^discord\.test cannot be reached: /);
      assert.doesNotMatch(why.reason, /secret/);
      assert.equal(why.sent, sent);
    }
  });
}

Deno.test("whyUnreachable says how long an answer was waited for", () => {
  const error = new DOMException("Signal timed out.", "TimeoutError");
  assert.equal(
    whyUnreachable(error, "discord.test", 15_000).reason,
    "discord.test does not answer within 15 s",
  );
});
