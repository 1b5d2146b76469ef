import type { Message, Uuid } from "../core/mod.ts";
import { StartError } from "../start_error.ts";
import type { Archive, ArchivedConversation } from "../storage/mod.ts";
import { breathe, type CommandContext, type CommandOutcome, openArchive, share } from "./command.ts";

/** How many messages lie between two looks at whether to stop. */
const BATCH = 500;

/** What to export. */
export interface ExportOptions {
  /** One visitor's conversation; all when left out. */
  readonly uid?: Uuid | undefined;
  /** One JSON object a line, or text to read. */
  readonly format: "jsonl" | "txt";
}

/**
 * Writes conversations to standard output, oldest first.
 *
 * @throws {StartError} when the database cannot be used, or there is no such conversation
 */
export async function exportConversations(context: CommandContext, options: ExportOptions): CommandOutcome {
  using archive = openArchive(context.config, "read");
  const write = options.format === "jsonl" ? jsonLines : textLines;
  const all = archive.countMessages(options.uid);
  let conversations = 0;
  let messages = 0;
  let batch: string[] = [];
  const flush = async (): Promise<boolean> => {
    const wanted = context.print(batch.join(""));
    batch = [];
    context.progress(`Messages: ${share(messages, all)}`);
    await breathe();
    context.signal.throwIfAborted();
    return wanted;
  };
  for (const conversation of archive.conversations(options.uid)) {
    conversations++;
    for (const line of write(archive, conversation, () => messages++)) {
      batch.push(line);
      if (batch.length >= BATCH && !await flush()) return undefined;
    }
  }
  if (conversations === 0 && options.uid !== undefined) {
    throw new StartError(`Cannot export ${options.uid}: there is no such conversation`, "noInput");
  }
  await flush();
  context.progress("");
  return undefined;
}

/** A line for the conversation, then one a message; times are ISO 8601. */
function* jsonLines(
  archive: Archive,
  conversation: ArchivedConversation,
  onMessage: () => void,
): Generator<string> {
  const { uid, ids, properties, createdAt, lastSeenAt } = conversation;
  yield line({
    type: "conversation",
    uid,
    thread: ids[2],
    properties,
    createdAt: iso(createdAt),
    lastSeenAt: iso(lastSeenAt),
  });
  for (const message of archive.messages(uid)) {
    onMessage();
    const { seq, rev, side, content, cid, author, replyTo, files, data, failed } = message;
    yield line({
      type: "message",
      uid,
      seq,
      rev,
      from: fromOf(message),
      side,
      at: iso(message.createdAt),
      content,
      cid,
      author,
      replyTo,
      files,
      data,
      failed,
      editedAt: iso(message.editedAt),
      deletedAt: iso(message.deletedAt),
    });
  }
}

function* textLines(
  archive: Archive,
  { uid, ids, createdAt }: ArchivedConversation,
  onMessage: () => void,
): Generator<string> {
  yield `Conversation ${uid}, since ${iso(createdAt)}${ids[2] === null ? "" : `, thread ${ids[2]}`}\n`;
  for (const message of archive.messages(uid)) {
    onMessage();
    const name = message.author?.name;
    const who = name === undefined ? fromOf(message) : `${fromOf(message)} ${onOneLine(name)}`;
    const notes = [
      message.editedAt === undefined ? "" : " (edited)",
      message.deletedAt === undefined ? "" : " (deleted)",
      message.failed === undefined ? "" : " (not delivered)",
    ].join("");
    const text = printable(message.content).replaceAll("\n", "\n    ");
    yield `${iso(message.createdAt)} ${who}${notes}: ${text}\n`;
    for (const { name, size } of message.files ?? []) yield `    file ${onOneLine(name)}, ${size} bytes\n`;
  }
  yield "\n";
}

function fromOf({ side }: Message): "visitor" | "agent" {
  return side === 1 ? "visitor" : "agent";
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

function iso(at: number): string;
function iso(at: number | undefined): string | undefined;
function iso(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}

/** What somebody wrote must not move the terminal's cursor or begin a line of its own. */
function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(
    /(?!\n)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** A name has no lines. */
function onOneLine(text: string): string {
  return printable(text).replaceAll("\n", "\\u{a}");
}
