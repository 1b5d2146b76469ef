/** One line of a plot. */
export interface Series {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** What a plot shows: x grows tenfold from mark to mark, y begins at 0. */
export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 70;
const RIGHT = 210;
const TOP = 50;
const BOTTOM = 60;
const Y_MARKS = 5;
// Told apart by people who see colours differently, too (Okabe and Ito).
const COLORS = ["#0072b2", "#d55e00", "#56b4e9", "#e69f00"];

/** @returns the plot as SVG */
export function drawPlot({ title, x, y, series }: Plot): string {
  const points = series.flatMap((one) => one.points);
  const [low, high] = [
    Math.floor(Math.log10(Math.min(...points.map((point) => point.x)))),
    Math.ceil(Math.log10(Math.max(...points.map((point) => point.x)))),
  ];
  const top = roundUp(Math.max(...points.map((point) => point.y)));
  const toX = (value: number): number =>
    LEFT + (WIDTH - LEFT - RIGHT) * (Math.log10(value) - low) / Math.max(1, high - low);
  const toY = (value: number): number => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<title>${escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>`,
    text(LEFT, 26, title, 'font-size="16"'),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, x, 'text-anchor="middle"'),
    text(-(HEIGHT / 2), 18, y, 'text-anchor="middle" transform="rotate(-90)"'),
  ];
  for (let power = low; power <= high; power++) {
    const at = toX(10 ** power);
    parts.push(
      line(at, TOP, at, HEIGHT - BOTTOM),
      text(at, HEIGHT - BOTTOM + 20, number(10 ** power), MIDDLE),
    );
  }
  for (let mark = 0; mark <= Y_MARKS; mark++) {
    const at = toY(top * mark / Y_MARKS);
    parts.push(line(LEFT, at, WIDTH - RIGHT, at), text(LEFT - 8, at + 4, number(top * mark / Y_MARKS), END));
  }
  for (const [index, one] of series.entries()) {
    const color = COLORS[index % COLORS.length] ?? "#000";
    const path = one.points.map((point) => `${toX(point.x).toFixed(1)},${toY(point.y).toFixed(1)}`).join(" ");
    parts.push(
      `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2.5"/>`,
      ...one.points.map((point) =>
        `<circle cx="${toX(point.x).toFixed(1)}" cy="${toY(point.y).toFixed(1)}" r="4" fill="${color}"/>`
      ),
      `<rect x="${WIDTH - RIGHT + 18}" y="${TOP + index * 24}" width="14" height="14" fill="${color}"/>`,
      text(WIDTH - RIGHT + 40, TOP + index * 24 + 12, one.label),
    );
  }
  return `${parts.join("\n")}\n</svg>\n`;
}

const MIDDLE = 'text-anchor="middle"';
const END = 'text-anchor="end"';

function text(x: number, y: number, words: string, attributes = ""): string {
  return `<text x="${x}" y="${y}" fill="#222" ${attributes}>${escape(words)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ddd"/>`;
}

/** The next of 1, 2, 2.5 and 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5].find((factor) => factor * power >= value) ?? 10) * power;
}

function number(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
}

function escape(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
