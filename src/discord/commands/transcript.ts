import type { Connection, Message, Side } from "../../core/mod.ts";
import { aboutVisitor } from "../visitor.ts";

const PAGE = 100;

/** The name of somebody of whom no other is known. */
const NAMES = { visitor: "Visitor", staff: "Staff", system: "System" } as const;

/** Options of {@link transcriptOf}. */
export interface TranscriptOptions {
  /** The staff's. */
  readonly side: Side;
  /** What is older is left out, as soon as the file would have more bytes. */
  readonly maxBytes: number;
}

/** Everything that was said in a conversation as a text, oldest first; times are in UTC. */
export async function transcriptOf(
  connection: Connection,
  { side, maxBytes }: TranscriptOptions,
): Promise<string> {
  const { name = NAMES.visitor } = await aboutVisitor(connection);
  const lines: string[] = [];
  let room = maxBytes;
  for (let before = Infinity;;) {
    const { messages, more } = await connection.messages({ before, limit: PAGE });
    for (const message of messages.toReversed()) {
      const line = describe(message, side, name);
      room -= new TextEncoder().encode(line).length;
      if (room < 0) return ["(What came before is left out.)\n", ...lines.reverse()].join("");
      lines.push(line);
    }
    before = messages[0]?.seq ?? 0;
    if (!more || before === 0) return lines.reverse().join("");
  }
}

function describe(message: Message, side: Side, visitor: string): string {
  const { content, createdAt, author, data, editedAt, deletedAt, failed, files = [] } = message;
  const at = new Date(createdAt).toISOString().slice(0, 19).replace("T", " ");
  const name = message.side !== side
    ? visitor
    : data?.system === true
    ? NAMES.system
    : author?.name ?? NAMES.staff;
  const marks = [
    deletedAt !== undefined && "deleted",
    editedAt !== undefined && "edited",
    failed !== undefined && "not delivered",
  ].filter((mark) => mark !== false);
  const mark = marks.length === 0 ? "" : ` (${marks.join(", ")})`;
  const text = [content, ...files.map((file) => `[${file.name}]`)].filter((line) => line !== "").join("\n");
  return `${at} ${name}${mark}: ${text.replaceAll("\n", "\n    ")}\n`;
}
