import { equal, match } from "node:assert/strict";
import { findDisorder } from "./order.ts";

const WRITTEN = ["v1x0", "v1x1", "v1x2", "v1x3"];
const words = (...messages: readonly number[]): string =>
  messages.map((message) => `v1x${message}e0k0 v1x${message}e0k1`).join("\n");

Deno.test("findDisorder finds nothing in what is packed, split or short of a message that was not to be there", () => {
  equal(findDisorder([words(0, 1), "v1x2e0k0", "v1x2e0k1", words(3)], WRITTEN), undefined);
  equal(findDisorder([words(0), "v1x9e0k0", words(3)], WRITTEN), undefined);
});

Deno.test("findDisorder finds what stands behind what was written after it", () => {
  match(findDisorder([words(1), words(0, 2, 3)], WRITTEN) ?? "", /v1x1 v1x0 v1x2 v1x3; written: v1x0 v1x1/);
  match(findDisorder([words(0, 1), words(3), words(2)], WRITTEN) ?? "", /v1x3 v1x2/);
});

Deno.test("findDisorder lets what was pushed out by a message that grew stand further down, and nothing else", () => {
  const grown = [words(0), words(2), `**Ada** *(continued)*\n${words(1)}`];
  equal(findDisorder([...grown, words(3)], WRITTEN), undefined);
  match(
    findDisorder([words(2), words(0), `*(continued)*\n${words(1)}`, words(3)], WRITTEN) ?? "",
    /v1x2 v1x0/,
  );
  match(findDisorder([...grown, words(4), words(3)], [...WRITTEN, "v1x4"]) ?? "", /v1x4 v1x3/);
});
