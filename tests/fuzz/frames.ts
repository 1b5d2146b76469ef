import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";

/** Frames as real clients send them; the same in each run, or a seed would not give the same frames again. */
const REAL: readonly [string, ...string[]] = [
  {
    type: "hello",
    v: 1,
    session: null,
    after: 0,
    page: { url: "https://example.org/a?b", title: "Shop" },
    locale: "de-AT",
  },
  { type: "hello", v: 1, session: `9c858901-8a57-4791-81fe-4c455b099bc9.${"A".repeat(43)}`, after: 17 },
  { type: "send", cid: "YkVk3n0nQq-_9", content: "Hello, is *anybody* there? \u{1f600}\n```js\nx\n```" },
  { type: "send", cid: "a", content: "an answer", replyTo: 1, files: [] },
  { type: "edit", seq: 1, content: "changed" },
  { type: "delete", seq: 1 },
  { type: "typing" },
  { type: "read", seq: 2 },
  { type: "history", before: 50, limit: 100 },
].map((frame) => JSON.stringify(frame)) as [string, ...string[]];

/** A frame that is real now and then, and else was one. */
export function fuzzFrame(random: Random): string {
  const frame = random.of(REAL);
  return random.below(4) === 0 ? frame : mutate(frame, random, random.of(REAL));
}
