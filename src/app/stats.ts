import { type CommandContext, type CommandOutcome, formatBytes, openArchive } from "./command.ts";

/**
 * Says in numbers what the database holds.
 *
 * @throws {StartError} when it cannot be used
 */
export function stats(context: CommandContext): CommandOutcome {
  using archive = openArchive(context.config, "read");
  const { conversations, messages, pending, sessions, oldestAt, newestAt, bytes, schemaVersion } = archive
    .stats();
  const rows: readonly (readonly [string, string | number])[] = [
    ["Conversations", conversations],
    ["Messages of visitors", messages[1]],
    ["Messages of staff", messages[2]],
    ["Conversations that wait for Discord", pending[2]],
    ["Sessions", sessions],
    ["Oldest message", iso(oldestAt)],
    ["Newest message", iso(newestAt)],
    ["Database", `${context.config.databasePath}, ${formatBytes(bytes)}, schema ${schemaVersion}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  context.print(rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join(""));
  return Promise.resolve(undefined);
}

function iso(at: number | undefined): string {
  return at === undefined ? "none" : new Date(at).toISOString();
}
