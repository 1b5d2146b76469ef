import { type Clock, systemClock } from "../core/mod.ts";
import { StartError } from "../start_error.ts";
import { isServed } from "../storage/mod.ts";
import {
  breathe,
  type CommandContext,
  type CommandOutcome,
  counted,
  formatBytes,
  openArchive,
  share,
} from "./command.ts";
import { emptyLogWithin } from "./log_emptying.ts";
import { ALONE, BESIDE_VISITORS, removeInSteps } from "./removal_in_steps.ts";

/** What to purge. */
export interface PurgeOptions {
  /** The age, in milliseconds. */
  readonly olderThanMs: number;
  /** The system's when left out. */
  readonly clock?: Clock;
  /** Milliseconds with fractions, which only grow; `performance.now` when left out. */
  readonly stopwatch?: () => number;
}

/**
 * Removes messages and idle conversations that are older than an age with their files, beside a running server, too, which keeps nine
 * tenths of the time. Threads on Discord stay.
 *
 * @throws {StartError} when the database cannot be used, or copies of what was removed have to stay in its log
 */
export async function purge(context: CommandContext, options: PurgeOptions): CommandOutcome {
  const { olderThanMs, clock = systemClock, stopwatch } = options;
  const { config, progress, signal } = context;
  using archive = openArchive(config, "change");
  const before = clock.now() - olderThanMs;
  progress("Counting ...");
  await breathe();
  const older = archive.countOlder(before);
  const { messages, conversations } = await removeInSteps(archive, {
    before,
    pace: () => isServed(config.databasePath) ? BESIDE_VISITORS : ALONE,
    clock,
    ...(stopwatch && { stopwatch }),
    signal,
    onProgress: (counts) =>
      progress(
        counts.conversations === 0
          ? `Messages: ${share(counts.messages, older.messages)}`
          : `Conversations: ${share(counts.conversations, older.conversations)}`,
      ),
  });
  progress("Removing files ...");
  const files = await archive.removeFiles(signal);
  const what = `${counted(messages, "message")}, ${counted(conversations, "idle conversation")} and ${
    counted(files, "file")
  }`;
  const onWait = (): void => progress("Waiting for those who read the database ...");
  if (!await emptyLogWithin(archive, { clock, signal, onWait })) {
    throw new StartError(
      `Cannot finish the purge (removed ${what}): another program is reading the database, so that copies of it stay in ` +
        `${config.databasePath} and its -wal; when that program has ended, run the same command again`,
      "unavailable",
    );
  }
  progress("");
  const free = archive.freeBytes;
  const room = free === 0 ? "" : `; ${formatBytes(free)} of the file are free for new ones`;
  context.print(`Removed ${what}${room}\n`);
  return undefined;
}
