/**
 * The icons, as SVG made by hand: no requests, no markup in strings.
 *
 * @module
 */

/** Paths on a 24 x 24 grid, drawn as lines. */
const PATHS = {
  send: ["M5 12h13", "M12.5 6l6 6-6 6"],
  attach: [
    "M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.6-8.6a3.4 3.4 0 0 1 4.8 4.8l-8.6 8.6a1.7 1.7 0 0 1-2.4-2.4l7.9-7.9",
  ],
  close: ["M6 6l12 12", "M18 6L6 18"],
  down: ["M12 5v13", "M6 12.5l6 6 6-6"],
  queued: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z", "M12 8v4.3l2.8 1.7"],
  sent: ["M5 12.5l4.5 4.5L19 7.5"],
  delivered: ["M2 12.5l4.5 4.5L16 7.5", "M11.5 16l1 1L22 7.5"],
  read: [
    "M2.5 12S6 6 12 6s9.5 6 9.5 6-3.5 6-9.5 6-9.5-6-9.5-6z",
    "M12 9.4a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2z",
  ],
  alert: ["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M12 8v5", "M12 16.2v.1"],
  sound: ["M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z", "M15.5 9a4 4 0 0 1 0 6", "M18 6.5a8 8 0 0 1 0 11"],
  mute: ["M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z", "M16 9.5l5 5", "M21 9.5l-5 5"],
  reply: ["M9.5 6L4 11.5 9.5 17", "M4.5 11.5H14a6 6 0 0 1 6 6v1"],
  edit: ["M5 19l.8-3.8L16 5l3 3L8.8 18.2z", "M14 7l3 3"],
  remove: ["M5 7h14", "M9.5 7V4.5h5V7", "M7 7l.9 12.5h8.2L17 7"],
  file: ["M7 3.5h7l4 4v13H7z", "M14 3.5v4h4"],
  download: ["M12 4v11", "M7 10.5l5 5 5-5", "M5 20h14"],
  chat: ["M20 11.5a7.5 7.5 0 0 1-11.2 6.5L4 19.5l1.5-4.3A7.5 7.5 0 1 1 20 11.5z"],
} as const;

/** The name of an icon. */
export type IconName = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

/**
 * Draws an icon; screen readers pass over it.
 *
 * @param name Which one.
 * @returns The SVG element.
 */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  for (const d of PATHS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}
