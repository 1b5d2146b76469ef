/**
 * Counts characters the way the server does.
 *
 * @module
 */

/**
 * Counts Unicode code points: an emoji beyond the basic plane is one, not two.
 *
 * @param text The text.
 * @returns How many.
 */
export function countCodePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    const high = text.charCodeAt(index);
    if (high < 0xd800 || high > 0xdbff) continue;
    const low = text.charCodeAt(index + 1);
    if (low >= 0xdc00 && low <= 0xdfff) {
      count--;
      index++;
    }
  }
  return count;
}

/**
 * Removes the empty lines around a message, and the blanks at its end.
 *
 * @param text What was typed.
 * @returns What is sent.
 */
export function trimMessage(text: string): string {
  return text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
}
