import { escapeMarkdown } from "./escape.ts";
import { MAX_CONTENT, split } from "./split.ts";
import type { Snowflake } from "./snowflake.ts";
import { BLANK, isVisible } from "./visible.ts";

/** A visitor's message on its way to Discord. */
export interface PackItem {
  readonly seq: number;
  /** As the visitor wrote it. */
  readonly text: string;
  /** Lines below the text that are Discord markdown already. */
  readonly footer?: string;
  /** The Discord message that it answers. */
  readonly replyTo?: Snowflake;
}

/** One Discord message: a part of one visitor's message, or the whole of several. */
export interface Parcel {
  readonly content: string;
  readonly seqs: readonly number[];
  readonly replyTo?: Snowflake;
}

/**
 * Packs messages into as few Discord messages as fit (X7), in order; a longer one is split over several (X6). An answer
 * begins a new Discord message, because that can refer to one message only. One that shows nothing is said to be blank.
 */
export function pack(items: readonly PackItem[]): Parcel[] {
  const parcels: Parcel[] = [];
  let open: Parcel | undefined;
  const close = (): void => {
    if (open !== undefined) parcels.push(open);
    open = undefined;
  };
  for (const item of items) {
    const parts = render(item);
    const [first] = parts;
    if (first === undefined) continue;
    const joined: string | undefined = open && `${open.content}\n${first}`;
    if (
      open !== undefined && joined !== undefined && parts.length === 1 && item.replyTo === undefined &&
      joined.length <= MAX_CONTENT
    ) {
      open = { ...open, content: joined, seqs: [...open.seqs, item.seq] };
      continue;
    }
    close();
    const whole = parts.map((content, index): Parcel => ({
      content,
      seqs: [item.seq],
      ...(index === 0 && item.replyTo !== undefined && { replyTo: item.replyTo }),
    }));
    // The parts of a split message are its own, so that an edit of it concerns nobody else.
    if (whole.length === 1) open = whole[0];
    else parcels.push(...whole);
  }
  close();
  return parcels;
}

function render({ text, footer }: PackItem): readonly string[] {
  // Discord cuts white space off both ends; what is compared later must be what it keeps.
  const parts = split(text, { render: escapeMarkdown }).map((part) => part.trim()).filter(isVisible);
  if (parts.length === 0 && footer === undefined) return [BLANK];
  if (footer === undefined) return parts;
  const last = parts.at(-1);
  if (last === undefined || last.length + 1 + footer.length > MAX_CONTENT) return [...parts, footer];
  return [...parts.slice(0, -1), `${last}\n${footer}`];
}
