import { StartError } from "../start_error.ts";
import { DatabaseOpenError } from "../storage/mod.ts";
import { type CommandContext, type CommandOutcome, formatBytes, openArchive } from "./command.ts";

/**
 * Copies the database to a new file, of a running server, too. Under that name there is a whole backup or none.
 *
 * @param file must not exist
 * @throws {StartError} when the database cannot be used or the file cannot be made
 */
export async function backUp(context: CommandContext, file: string): CommandOutcome {
  using archive = openArchive(context.config, "copy");
  context.progress(`Copying ${formatBytes(archive.bytes)} ...`);
  try {
    await archive.backup(file);
  } catch (error) {
    if (!(error instanceof DatabaseOpenError)) throw error;
    throw new StartError(error.message, "cannotCreate", { cause: error });
  }
  context.progress("");
  const { size } = await Deno.stat(file);
  context.print(`Backed up to ${file}, ${formatBytes(size)}\n`);
  return undefined;
}
