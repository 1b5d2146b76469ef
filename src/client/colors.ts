/**
 * A site's own colour, made readable.
 *
 * @module
 */

/** Contrast of text against white that WCAG AA asks for. */
const MIN_CONTRAST = 4.5;

/**
 * Chooses the colour of text on a coloured ground.
 *
 * @param color The ground, as `#rrggbb`.
 * @returns White where it can be read, else a near black.
 */
export function textOn(color: string): "#ffffff" | "#16181a" {
  return 1.05 / (luminance(color) + 0.05) >= MIN_CONTRAST ? "#ffffff" : "#16181a";
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const value = Number.parseInt(color.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
