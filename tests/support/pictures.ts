/** A picture of one by two pixels. */
export const PNG_1X2: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAACCAYAAACZgbYnAAAAC0lEQVR4nGNgQAcAABIAAcZ5Q3MAAAAASUVORK5CYII=",
);
