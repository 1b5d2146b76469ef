import type { Random } from "./random.ts";

/** Values that programs stumble over, as JSON. */
const ODD = [
  "null",
  "true",
  "[]",
  "{}",
  "0",
  "-1",
  "-0",
  "1e400",
  "1.5",
  "9007199254740993",
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  '"constructor"',
  "[[[[[[[[]]]]]]]]",
  '{"__proto__":{"type":"send"}}',
  '"\\u202e\\ufeff"',
  '"\\r\\n"',
  '"00000000-0000-4000-8000-000000000000.AAAA"',
] as const;
const PIECES = [
  "{",
  "}",
  "[",
  "]",
  '"',
  ":",
  ",",
  "\\",
  "\\u",
  "\0",
  "\u{1f600}",
  "\ud800",
  "e",
  "-",
  " ",
  "\n",
] as const;

/** What a pattern that goes back and forth stumbles over, in runs: as text, and as JSON writes it within a string. */
const RUNS = [
  "\n",
  "\r\n",
  " ",
  "\\n",
  "\\r\\n",
  "\\u0000",
  "\\\\",
  "*",
  "_",
  "`",
  "|",
  "~",
  "(",
  "[",
  "<",
  "> ",
  "- ",
  "a",
  "\u{1f600}",
  "0",
] as const;
/** As long as a frame may be, in code units, when it is the only mutation. */
const LONGEST_RUN = 60_000;

type Mutation = (text: string, random: Random, other: string) => string;

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  (text, random) => cut(text, random, 1 + random.below(4), ""),
  (text, random) => cut(text, random, 0, random.of(PIECES)),
  (text, random) => cut(text, random, 1, String.fromCharCode(random.below(0x10000))),
  (text, random) => text.slice(0, random.below(text.length + 1)),
  (text, random, other) =>
    text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1)),
  (text, random) =>
    text.replace(/:("[^"]*"|[\d.]+|null)/g, (whole) => random.below(3) === 0 ? `:${random.of(ODD)}` : whole),
  (text, random) =>
    text.replace(/"(\w+)":/g, (whole) => random.below(4) === 0 ? `${random.of(ODD)}:` : whole),
  (text, random) => text.replace(/"content":"/, `"content":"${"x".repeat(random.below(9_000))}`),
  (text, random) => `${"[".repeat(random.below(5_000))}${text}`,
  (text) => text + text,
  (text, random) => cut(text, random, 0, runOf(random)),
  (text, random) => text.replace(/"content":"[^"]?/, (begin) => `${begin}${runOf(random)}a`),
];

/** Changes a text in one to three ways that real traffic never would. */
export function mutate(text: string, random: Random, other: string): string {
  let mutated = text;
  for (let left = 1 + random.below(3); left > 0; left--) {
    mutated = random.of(MUTATIONS)(mutated, random, other);
  }
  return mutated;
}

function runOf(random: Random): string {
  const piece = random.of(RUNS);
  // Short ones are as good for most; a long one takes time by its length alone.
  const longest = random.below(20) === 0 ? LONGEST_RUN : LONGEST_RUN / 100;
  return piece.repeat(1 + random.below(Math.floor(longest / piece.length)));
}

function cut(text: string, random: Random, length: number, insert: string): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + insert + text.slice(at + length);
}
