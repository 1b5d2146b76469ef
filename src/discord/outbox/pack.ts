import type { FileReference } from "../../core/mod.ts";
import { escapeMarkdown } from "../text/escape.ts";
import { MAX_CONTENT, split } from "../text/split.ts";
import type { Snowflake } from "../snowflake.ts";
import { BLANK, isVisible } from "../text/visible.ts";

/** A visitor's message on its way to Discord. */
export interface PackItem {
  readonly seq: number;
  /** As the visitor wrote it. */
  readonly text: string;
  /** Lines below the text that are Discord markdown already. */
  readonly lines?: readonly string[];
  /** The Discord message that it answers, or the `seq` of one that is packed with it. */
  readonly replyTo?: Snowflake | number;
  /** Files that are uploaded with it. */
  readonly files?: readonly FileReference[];
  /** What its parts leave free for lines that take the place of its files should Discord refuse them, in characters. */
  readonly room?: number;
}

/** Options of {@link pack}. */
export interface PackOptions {
  /** Discord markdown that stands before what a visitor says; nothing when left out. */
  readonly prefix?: string;
  /** Room that is left free in every message, in characters; none when left out. */
  readonly reserve?: number;
}

/** One Discord message: a part of one visitor's message, or the whole of several. */
export interface Parcel {
  readonly content: string;
  readonly seqs: readonly number[];
  /** See {@link PackItem.replyTo}. */
  readonly replyTo?: Snowflake | number;
  readonly files?: readonly FileReference[];
}

/**
 * Packs messages into as few Discord messages as fit (X7), in order; a longer one is split over several (X6). An answer
 * begins a new Discord message, because that can refer to one message only, and one with files stands alone, because Discord shows
 * files below the whole text. One that shows nothing is said to be blank.
 */
export function pack(items: readonly PackItem[], options: PackOptions = {}): Parcel[] {
  const { prefix = "", reserve = 0 } = options;
  const limit = MAX_CONTENT - reserve;
  const parcels: Parcel[] = [];
  let open: Parcel | undefined;
  const close = (): void => {
    if (open !== undefined) parcels.push(open);
    open = undefined;
  };
  for (const item of items) {
    const { files = [] } = item;
    const parts = render(item, limit - prefix.length);
    const [first] = parts;
    if (first === undefined) continue;
    const joined: string | undefined = open && `${open.content}\n${first}`;
    if (
      open !== undefined && joined !== undefined && parts.length === 1 && item.replyTo === undefined &&
      files.length === 0 && joined.length <= limit
    ) {
      open = { ...open, content: joined, seqs: [...open.seqs, item.seq] };
      continue;
    }
    close();
    const whole = parts.map((content, index): Parcel => ({
      content: index === 0 ? `${prefix}${content}`.trim() : content,
      seqs: [item.seq],
      ...(index === 0 && item.replyTo !== undefined && { replyTo: item.replyTo }),
      // With the first part: an edit may add and take others.
      ...(index === 0 && files.length > 0 && { files }),
    }));
    // The parts of a split message are its own, so that an edit of it concerns nobody else.
    if (whole.length === 1 && files.length === 0) open = whole[0];
    else parcels.push(...whole);
  }
  close();
  return parcels;
}

function render({ text, lines = [], files = [], room = 0 }: PackItem, limit: number): readonly string[] {
  // Discord cuts white space off both ends; what is compared later must be what it keeps.
  const parts = split(text, { render: escapeMarkdown, limit: limit - room })
    .map((part) => part.trim()).filter(isVisible);
  if (parts.length === 0 && lines.length === 0) return [files.length > 0 ? "" : BLANK];
  for (const line of lines) {
    const longer: string | undefined = parts.length === 0 ? undefined : `${parts.at(-1)}\n${line}`;
    if (longer === undefined || longer.length > limit) parts.push(line);
    else parts[parts.length - 1] = longer;
  }
  return parts;
}
