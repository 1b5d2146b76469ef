/**
 * Texts whose every word says where it belongs, so that a conversation can be read back from whatever Discord made of it: escaped,
 * packed with others, split over several messages.
 *
 * @module
 */
import type { SeededRandom } from "./random.ts";

/** A word's mark: the message (`v3x7`: the 7th of visitor 3, `s` for staff), its edit and the word's place in it. */
const MARK = /^[vs]\d+x\d+(?=e\d+k\d+)/;

/** What visitors hang on their words: all that Discord might take for something else than text. */
const GARNISH = [
  "",
  "",
  "",
  "@everyone",
  "@here",
  "*bold*_under_",
  "~~gone~~||hidden||",
  "`code`",
  "```js",
  "<:emoji:123456789012345678>",
  "<#123456789012345678>",
  "[name](https://example.org)",
  "https://example.org/a_b_*c*?d=e",
  "\\back\\slash",
  "🙂👩‍👩‍👧",
  "日本語",
];

/** What a visitor's line may begin with. */
const LINE_STARTS = ["# ", "> ", "- ", "1. ", "-# ", ">>> "];

/** A message may have 4,000 code points; one more word still fits. */
const LONGEST = 3_900;

/** How a text is made. */
export interface TextOptions {
  /** How many words at most. */
  readonly words: number;
  /** More things to hang on words. */
  readonly garnish?: readonly string[];
  /** Nothing but letters and digits. */
  readonly plain?: boolean;
}

/**
 * Makes a text.
 *
 * @param message whose, as `v3x7`
 * @param edit 0 for what was said first, then one more for each edit
 */
export function compose(message: string, edit: number, random: SeededRandom, options: TextOptions): string {
  const { words, garnish = [], plain = false } = options;
  const choice = plain ? [""] : [...GARNISH, ...garnish];
  let text = !plain && random.chance(0.1) ? random.pick(LINE_STARTS) : "";
  for (let place = 0; place < words && text.length < LONGEST; place++) {
    if (place > 0) text += random.chance(0.1) ? "\n" : " ";
    text += `${message}e${edit}k${place}${random.pick(choice)}`;
  }
  return text;
}

/** What is read back: the words of each message, in the order in which each message begins. */
export type Reading = ReadonlyMap<string, readonly string[]>;

/** Reads texts one after the other. What bears no mark, as a name in front, is passed over. */
export function readBack(texts: Iterable<string>): Reading {
  const reading = new Map<string, string[]>();
  for (const text of texts) {
    for (const word of text.split(/\s+/)) {
      const [message] = MARK.exec(word) ?? [];
      if (message !== undefined) reading.set(message, [...reading.get(message) ?? [], word]);
    }
  }
  return reading;
}

/** What a reader sees of Discord markdown in which all that could be markup is escaped. */
export function unescape(content: string): string {
  return content.replace(/\\([^A-Za-z0-9\s])/g, "$1");
}
