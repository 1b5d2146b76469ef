import { StartError } from "../start_error.ts";
import { DatabaseOpenError } from "../storage/mod.ts";
import {
  type CommandContext,
  type CommandOutcome,
  counted,
  formatBytes,
  OPEN_FAULT_REASONS,
  openArchive,
  share,
} from "./command.ts";

/**
 * Copies the database to a new file, and visitors' files to a folder beside it, of a running server, too. Under that name there is
 * a whole backup or none.
 *
 * @param file must not exist
 * @throws {StartError} when the database cannot be used or the file cannot be made
 */
export async function backUp(context: CommandContext, file: string): CommandOutcome {
  using archive = openArchive(context.config, "copy");
  context.progress("Taking the files ...");
  try {
    const { bytes, files, missing } = await archive.backup(file, {
      signal: context.signal,
      onProgress: (done, all) =>
        context.progress(`Copying ${formatBytes(archive.bytes)}, pages: ${share(done, all)}`),
    });
    context.progress("");
    const beside = files === 0 ? "" : `, and ${counted(files, "file")} to ${file}-files`;
    const lost = missing === 0
      ? ""
      : `; the bytes of ${counted(missing, "file")} were not there to be copied`;
    context.print(`Backed up to ${file}, ${formatBytes(bytes)}${beside}${lost}\n`);
    if (missing > 0) {
      // The copy is as whole as what it was made of, so this is no failure; but whoever reads the timer's journal has to see it.
      context.logger.error("Files that messages name are gone from the disk, and not in the backup", {
        missing,
        file,
      });
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof DatabaseOpenError)) throw error;
    throw new StartError(error.message, OPEN_FAULT_REASONS[error.fault], { cause: error });
  }
}
