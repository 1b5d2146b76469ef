import { DeliveryError, type FileReference, type Logger } from "../../core/mod.ts";
import { escapeMarkdown } from "../text/escape.ts";
import type { DiscordAttachment, Upload } from "../ports.ts";
import type { ConversationFiles } from "./ports.ts";

/** https://discord.com/developers/docs/resources/message#create-message */
export const MAX_UPLOADS = 10;

/** What a message leaves free at the most for lines in place of its files, in characters: ten with names and links of a usual length. */
const MAX_ROOM = 1_500;

/** What of a visitor's files a post carries. */
export interface FileSplit {
  readonly uploads: readonly FileReference[];
  /** Those that Discord would not take. */
  readonly linked: readonly FileReference[];
}

/** Tells which of a message's files go to Discord as such: up to ten that fit, one by one and together. */
export function splitFiles(files: readonly FileReference[], maxBytes: number): FileSplit {
  let room = maxBytes;
  const uploads: FileReference[] = [];
  const linked: FileReference[] = [];
  for (const file of files) {
    if (file.size <= room && uploads.length < MAX_UPLOADS) {
      room -= file.size;
      uploads.push(file);
    } else linked.push(file);
  }
  return { uploads, linked };
}

/**
 * Tells which of a message's files hang on what was posted of it, whatever Discord would take now.
 *
 * @param attachments of the Discord message
 */
export function splitAttached(
  files: readonly FileReference[],
  attachments: readonly DiscordAttachment[],
): FileSplit {
  const left = [...attachments];
  const take = (isMeant: (attachment: DiscordAttachment) => boolean): boolean => {
    const index = left.findIndex(isMeant);
    if (index !== -1) left.splice(index, 1);
    return index !== -1;
  };
  // Discord changes some names: what has kept its own is told first, the others by their size.
  const known = files.filter(({ name, size }) => take((one) => one.filename === name && one.size === size));
  const uploads = files.filter((file) => known.includes(file) || take(({ size }) => size === file.size));
  return { uploads, linked: files.filter((file) => !uploads.includes(file)) };
}

/** A line for a file that is not uploaded: a link where visitors' files can be opened, else its name and size. */
export function fileLine(
  { id, name, size }: FileReference,
  link: ((id: string) => string) | undefined,
): string {
  const shown = `${escapeMarkdown(name)} (${shownBytes(size)})`;
  return link === undefined ? `[${shown}]` : `${shown}: <${link(id)}>`;
}

/** How many characters are to be left free for lines in place of files. */
export function roomForLines(
  files: readonly FileReference[],
  link: ((id: string) => string) | undefined,
): number {
  return Math.min(MAX_ROOM, lengthOf(files.map((file) => fileLine(file, link))));
}

/**
 * Lines for files that are not uploaded, as many as there is room for; then a last one counts the others.
 *
 * @param room in characters, with a line end before each line
 */
export function fileLines(
  files: readonly FileReference[],
  link: ((id: string) => string) | undefined,
  room: number,
): readonly string[] {
  const all = files.map((file) => fileLine(file, link));
  let lines = all;
  for (let kept = all.length - 1; kept >= 0 && lengthOf(lines) > room; kept--) {
    lines = [...all.slice(0, kept), `*(and ${all.length - kept} more)*`];
  }
  return lines;
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + 1 + line.length, 0);
}

function shownBytes(size: number): string {
  if (size < 1024) return `${size} bytes`;
  if (size < 1024 * 1024) return `${Math.round(size / 1024)} KiB`;
  return `${(size / 1024 / 1024).toFixed(1)} MiB`;
}

/** What was read for a post. */
export interface ReadFiles {
  readonly uploads: readonly Upload[];
  /** Those whose bytes are gone for good, together with their message or without it. */
  readonly missing: readonly FileReference[];
}

/**
 * Reads files for an upload. One whose bytes are gone is left out; that is an error, unless the visitor has deleted its message since
 * the upload was planned.
 *
 * @throws {DeliveryError} when one is there and cannot be read now: it must not be taken for one that is gone
 */
export async function readUploads(
  files: readonly FileReference[],
  from: ConversationFiles | undefined,
  logger: Logger,
): Promise<ReadFiles> {
  const uploads: Upload[] = [];
  const missing: FileReference[] = [];
  for (const file of files) {
    const { id, name, type } = file;
    try {
      if (from === undefined) {
        throw new Deno.errors.NotFound("Cannot read a file: there is no place where files are kept");
      }
      const blob = await new Response(await from.read(id)).blob();
      uploads.push({ name, blob: new Blob([blob], { type }) });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        const why = error instanceof Error ? error.message : String(error);
        throw new DeliveryError(`Cannot read a visitor's file now: ${why}`, { cause: error });
      }
      if (from !== undefined && await from.find(id) === undefined) {
        logger.debug("A visitor's file is left out, as its message was deleted", { file: id });
      } else logger.error("A visitor's file is gone and is left out", { file: id, error });
      missing.push(file);
    }
  }
  return { uploads, missing };
}
