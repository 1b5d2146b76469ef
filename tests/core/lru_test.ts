import { equal, throws } from "node:assert/strict";
import { LruMap } from "../../src/core/mod.ts";

Deno.test("[O4] LruMap holds no more than its limit and keeps what is used", () => {
  const map = new LruMap<number, string>(100);
  for (let i = 0; i < 10_000; i++) {
    map.set(i, `${i}`);
    equal(map.get(0), "0");
    equal(map.size <= 100, true);
  }
  equal(map.get(9_999), "9999");
  equal(map.get(5_000), undefined);
  map.set(9_999, "new");
  equal(map.get(9_999), "new");
  map.delete(9_999);
  equal(map.get(9_999), undefined);
});

Deno.test("LruMap refuses a limit below 2", () => {
  for (const limit of [1, 0, NaN, 2.5]) throws(() => new LruMap(limit), { code: "bad_value" });
});
