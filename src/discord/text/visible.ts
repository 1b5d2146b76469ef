/**
 * What shows nothing: white space, control and format characters, what is ignorable by default (zero widths, variation
 * selectors, Hangul fillers), and the empty Braille pattern, which is a letter to Unicode.
 */
const SHOWS_NOTHING = /^[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** What stands for a message that shows nothing: Discord refuses it, or staff would see an empty line. */
export const BLANK = "*(blank message)*";

/** Whether there is anything to see in a text. */
export function isVisible(text: string): boolean {
  return !SHOWS_NOTHING.test(text);
}
