import { imageSize } from "image-size";

/** How many bytes of a file are looked at: enough for the size of photographs, which follows their colour profile and preview. */
export const HEAD_BYTES = 256 * 1024;

/** The pictures that browsers show. */
const PICTURES: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
]);

/** Animated PNG files are shown as what they are to every browser. */
const SAME_AS: ReadonlyMap<string, string> = new Map([["image/apng", "image/png"]]);

/** No browser lays out more; a size beyond it is a lie. */
const LARGEST_SIDE = 65_535;

/** From here on the camera was held on its side (EXIF 2.32, tag Orientation), and browsers turn the picture. */
const FIRST_TURNED = 5;

/** What a file is, by its content. */
export interface FileContent {
  /** A media type: `text/plain` for any text, HTML and SVG as well, and `application/octet-stream` for the unknown. */
  readonly type: string;
  /** Pixels as shown, for pictures whose size is known. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * Tells what a file is by its content, never by its name.
 *
 * @param head the first {@link HEAD_BYTES} of it, or all
 */
export async function lookInto(head: Uint8Array): Promise<FileContent> {
  const found = await detect(head);
  const type = SAME_AS.get(found ?? "") ?? found ??
    (isText(head) ? "text/plain" : "application/octet-stream");
  return PICTURES.has(type) ? { type, ...pixelsOf(head) } : { type };
}

async function detect(head: Uint8Array): Promise<string | undefined> {
  // Loaded with the first file: it wants the environment, which a library without files need not be allowed.
  const { fileTypeFromBuffer } = await import("file-type");
  try {
    return (await fileTypeFromBuffer(head))?.mime;
  } catch {
    // What the parser stumbles over is not what it pretends to be.
    return undefined;
  }
}

function pixelsOf(head: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  try {
    const { width, height, orientation = 1 } = imageSize(head);
    if (!isSide(width) || !isSide(height)) return undefined;
    return orientation < FIRST_TURNED ? { width, height } : { width: height, height: width };
  } catch {
    // Damaged, or the size stands beyond the head: then the page lays it out as a download.
    return undefined;
  }
}

function isSide(pixels: number): boolean {
  return Number.isSafeInteger(pixels) && pixels >= 1 && pixels <= LARGEST_SIDE;
}

function isText(head: Uint8Array): boolean {
  try {
    // The head may end within a character.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    // deno-lint-ignore no-control-regex -- control characters are what this looks for
    return !/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text);
  } catch {
    return false;
  }
}
