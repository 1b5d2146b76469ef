import { deepEqual, equal } from "node:assert/strict";
import { randomUuid } from "../../../src/core/mod.ts";
import { append, AT, connect, type StoreTest } from "./story.ts";

/** Properties: JSON values, every key is data. */
export function testProperties(test: StoreTest): void {
  test("Store merges properties; every key is data", async (store, fixture) => {
    const uid = await connect(store, "a", null);
    await store.setProperties(uid, new Map(Object.entries({ a: 1, b: { c: [null] } })));
    await store.setProperties(uid, new Map([["a", undefined], ["__proto__", "x"]]));
    const kept = await fixture.reopen?.() ?? store;
    deepEqual(Object.entries(await kept.properties(uid)), [["b", { c: [null] }], ["__proto__", "x"]]);
  });

  test(
    "Store takes prototype keys in properties and data for keys like any other",
    async (store, fixture) => {
      const keys = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
      const hostile = Object.fromEntries(keys.map((key) => [key, { polluted: true }]));
      const uid = randomUuid();
      await store.createConnection({ uid, ids: { 1: "a", 2: null }, at: AT, properties: { first: hostile } });
      await store.setProperties(uid, new Map(Object.entries(hostile)));
      await append(store, uid, 1, { content: "x", data: hostile });
      const kept = await fixture.reopen?.() ?? store;
      const properties = await kept.properties(uid);
      deepEqual(Object.keys(properties), ["first", ...keys]);
      for (const found of [properties, properties.first, (await kept.message(uid, 1))?.data]) {
        const entries = new Map<string, unknown>(Object.entries(Object(found)));
        for (const key of keys) deepEqual(entries.get(key), { polluted: true });
        equal(Object.getPrototypeOf(found), Object.prototype);
      }
      equal(Reflect.get({}, "polluted"), undefined);
      await kept.setProperties(uid, new Map(keys.map((key) => [key, undefined])));
      deepEqual(Object.keys(await kept.properties(uid)), ["first"]);
    },
  );
}
