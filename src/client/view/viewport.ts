/**
 * Fits the page to what is visible above a phone's keyboard.
 *
 * @module
 */

/** Keeps `--viewport-height` at the height that isn't covered by the keyboard. */
export function followViewport(): void {
  const viewport = visualViewport;
  // Inside a frame the page around it does this.
  if (viewport === null || parent !== self) return;
  const fit = (): void => {
    // A zoomed-in reader sees a part of the page; the page itself stays as it is.
    if (viewport.scale > 1.01) return;
    document.documentElement.style.setProperty("--viewport-height", `${viewport.height}px`);
    document.documentElement.style.setProperty("--viewport-top", `${viewport.offsetTop}px`);
  };
  viewport.addEventListener("resize", fit);
  viewport.addEventListener("scroll", fit);
  fit();
}
