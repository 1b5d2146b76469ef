/**
 * Keys that belong to an input method.
 *
 * @module
 */

/**
 * Whether a key is the input method's: Enter chooses a word then, Escape gives it up.
 *
 * @param event The key.
 */
export function isComposing(event: KeyboardEvent): boolean {
  // Safari ends composing before the key: 229 tells.
  return event.isComposing || event.keyCode === 229;
}
