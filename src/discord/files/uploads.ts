import type { FileReference, Logger } from "../../core/mod.ts";
import { escapeMarkdown } from "../escape.ts";
import type { Upload } from "../ports.ts";
import type { ConversationFiles } from "./ports.ts";

/** https://discord.com/developers/docs/resources/message#create-message */
export const MAX_UPLOADS = 10;

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

/** A line for a file that is not uploaded: a link where visitors' files can be opened, else its name and size. */
export function fileLine(
  { id, name, size }: FileReference,
  link: ((id: string) => string) | undefined,
): string {
  const shown = `${escapeMarkdown(name)} (${shownBytes(size)})`;
  return link === undefined ? `[${shown}]` : `${shown}: <${link(id)}>`;
}

function shownBytes(size: number): string {
  if (size < 1024) return `${size} bytes`;
  if (size < 1024 * 1024) return `${Math.round(size / 1024)} KiB`;
  return `${(size / 1024 / 1024).toFixed(1)} MiB`;
}

/** Reads files for an upload; one whose bytes are gone is left out, with a line in the log. */
export async function readUploads(
  files: readonly FileReference[],
  from: ConversationFiles | undefined,
  logger: Logger,
): Promise<Upload[]> {
  const uploads: Upload[] = [];
  for (const { id, name, type } of files) {
    try {
      if (from === undefined) throw new Error("Cannot read a file: there is no place where files are kept");
      const blob = await new Response(await from.read(id)).blob();
      uploads.push({ name, blob: new Blob([blob], { type }) });
    } catch (error) {
      logger.error("A visitor's file cannot be read and is left out", { file: id, error });
    }
  }
  return uploads;
}
