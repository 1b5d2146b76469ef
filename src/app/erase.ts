import { type Clock, systemClock, type Uuid } from "../core/mod.ts";
import { isSnowflake } from "../discord/mod.ts";
import { StartError } from "../start_error.ts";
import type { Archive, Erased } from "../storage/mod.ts";
import { type CommandContext, type CommandOutcome, counted, openArchive } from "./command.ts";
import { deleteThread } from "./delete_thread.ts";
import { emptyLogWithin } from "./log_emptying.ts";

/** What to erase. */
export interface EraseOptions {
  readonly uid: Uuid;
  /** Erases here also when the bot may not, or cannot, delete the thread; it stays on Discord. */
  readonly leaveThread?: boolean;
  /** The system's when left out. */
  readonly clock?: Clock;
}

/**
 * Erases one visitor: the thread on Discord, then the conversation with its messages, files and sessions, then the copies in the
 * database's log. When the thread cannot be deleted nothing is erased here either. Whatever keeps it from coming to its end, the same
 * command goes on where it was.
 *
 * @throws {StartError} when the database cannot be used, there is nothing of such a visitor, Discord does not do it, or something is left
 */
export async function erase(context: CommandContext, options: EraseOptions): CommandOutcome {
  const { uid, leaveThread = false, clock = systemClock } = options;
  using archive = openArchive(context.config, "change");
  const [conversation] = archive.conversations(uid);
  const threads = new Set<string>();
  const meetThread = async (id: string | null): Promise<void> => {
    if (id === null || threads.has(id) || !isSnowflake(id)) return;
    if (!leaveThread) await deleteThread(context, uid, id);
    threads.add(id);
  };
  await meetThread(conversation?.ids[2] ?? null);
  const erased = archive.erase(uid, leaveThread ? new Set() : threads);
  if (erased === undefined) {
    throw new StartError(`Cannot erase ${uid}: there is no such conversation`, "noInput");
  }
  // A running server may have made another thread after the first was deleted, and an earlier run may have left some.
  for (const id of erased.threads) await meetThread(id);
  const what = describe(erased, [...threads], leaveThread);
  await finish(context, archive, { uid, what, clock });
  context.print(`Erased ${uid}: ${what}\n`);
  return undefined;
}

/** What does not go with the rows: bytes of files, and the pages that stand in the log as they were. */
async function finish(
  { config, progress, signal }: CommandContext,
  archive: Archive,
  { uid, what, clock }: { readonly uid: Uuid; readonly what: string; readonly clock: Clock },
): Promise<void> {
  try {
    await archive.removeFiles(signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    throw new StartError(
      `Cannot finish erasing ${uid} (${what}): the bytes of files cannot be removed, ${error.message}; ` +
        `when they can, run the same command again`,
      "ioError",
      { cause: error },
    );
  }
  const onWait = (): void => progress("Waiting for those who read the database ...");
  if (!await emptyLogWithin(archive, { clock, signal, onWait })) {
    throw new StartError(
      `Cannot finish erasing ${uid} (${what}): another program is reading the database, so that copies of it stay in ` +
        `${config.databasePath} and its -wal; when that program has ended, run the same command again`,
      "unavailable",
    );
  }
  if (await archive.holds(uid)) {
    throw new StartError(
      `Cannot finish erasing ${uid} (${what}): a copy of its row stays in a part of ${config.databasePath} that SQLite does not ` +
        `use any more; compact the database as docs/deploy.md says under 9, then run the same command again`,
      "unavailable",
    );
  }
  progress("");
  archive.finishErasing(uid);
  // The note itself stands in the file until the log is carried over. Where a reader keeps that from happening now, the server does
  // it within minutes, and whoever closes the file last does it, too.
  archive.emptyLog();
}

function describe({ messages, files, resumed }: Erased, threads: readonly string[], left: boolean): string {
  const thread = threads.length === 0
    ? resumed ? "as an earlier run had begun" : "it had no thread"
    : left
    ? `thread ${threads.join(", ")} stays on Discord, delete it there`
    : `thread ${threads.join(", ")}`;
  return `${counted(messages, "message")}, ${counted(files, "file")}, ${thread}`;
}
