/** https://discord.com/developers/docs/resources/webhook#create-webhook */
const MAX_NAME = 80;

/** https://discord.com/developers/docs/resources/user#usernames-and-nicknames */
const RESERVED = /^(?:everyone|here)$/i;
const FORBIDDEN = /discord|clyde|```/gi;

/** A zero width space: a forbidden word with one inside looks as it did and is none any more. */
const SPLIT = "\u200b";

/**
 * Makes a visitor's name one that Discord takes from a webhook.
 *
 * @param name as the visitor or their site gave it; `undefined` for who has none
 * @param uid stands in for a name
 */
export function webhookName(name: string | undefined, uid: string): string {
  const neutral = neutralName(uid);
  const plain = (name ?? "").toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu, " ")
    .replace(/[@#:]/g, "")
    .replace(FORBIDDEN, (word) => `${word.slice(0, 1)}${SPLIT}${word.slice(1)}`)
    .replace(/\s+/g, " ").trim();
  const clipped = clip(plain).trim();
  return clipped === "" || RESERVED.test(clipped) ? neutral : clipped;
}

/** A name to which nobody can object. */
export function neutralName(uid: string): string {
  return `Visitor ${uid.slice(0, 8)}`;
}

/** Counted in UTF-16 code units: however Discord counts, it is not longer. */
function clip(name: string): string {
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(name)) {
    if (kept.length + segment.length > MAX_NAME) break;
    kept += segment;
  }
  return kept;
}
