import assert from "node:assert/strict";
import { pack } from "../../src/discord/outbox/pack.ts";
import { SeededRandom } from "./random.ts";
import { compose, readBack, unescape } from "./words.ts";

Deno.test("[X6, X7] readBack finds in what pack has made the words that were said", () => {
  const random = new SeededRandom(1);
  for (let round = 0; round < 200; round++) {
    const texts = Array.from(
      { length: 6 },
      (_, index) => compose(`v1x${index}`, 0, random, { words: random.pick([1, 5, 250]) }),
    );
    const parcels = pack(texts.map((text, index) => ({ seq: index + 1, text })));
    assert.deepEqual(readBack(parcels.map(({ content }) => unescape(content))), readBack(texts));
  }
});

Deno.test("readBack sees what is missing, doubled or in another order", () => {
  const read = (...texts: string[]): string => JSON.stringify([...readBack(texts)]);
  const whole = read("v1x0e0k0 v1x0e0k1", "v1x1e0k0");
  assert.notEqual(read("v1x0e0k0", "v1x1e0k0"), whole);
  assert.notEqual(read("v1x0e0k0 v1x0e0k1", "v1x1e0k0", "v1x1e0k0"), whole);
  assert.notEqual(read("v1x1e0k0", "v1x0e0k0 v1x0e0k1"), whole);
  assert.equal(read("v1x0e0k0", "v1x0e0k1\nv1x1e0k0"), whole);
});
