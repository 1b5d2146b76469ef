import { StartError } from "../start_error.ts";
import { type CommandContext, type CommandOutcome, formatBytes, openArchive } from "./command.ts";

/**
 * Copies the database to a new file, of a running server, too. The copy gets its name when it is complete and on disk: under that name
 * there is a whole backup or none.
 *
 * @param file must not exist
 * @throws {StartError} when the database cannot be used or the file cannot be made
 */
export async function backUp(context: CommandContext, file: string): CommandOutcome {
  if (await exists(file)) {
    throw new StartError(`Cannot back up to ${file}: it exists; name a new file`, "cannotCreate");
  }
  const partial = `${file}.partial`;
  using archive = openArchive(context.config, "copy");
  context.progress(`Copying ${formatBytes(archive.bytes)} ...`);
  try {
    // What an earlier attempt has left is of no use to anyone.
    await Deno.remove(partial).catch(passOver(Deno.errors.NotFound));
    await archive.copyTo(partial);
    await flush(partial);
    await Deno.rename(partial, file);
  } catch (error) {
    await Deno.remove(partial).catch(passOver(Deno.errors.NotFound));
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`Cannot back up to ${file}: ${reason}`, "cannotCreate", { cause: error });
  }
  context.progress("");
  const { size } = await Deno.stat(file);
  context.print(`Backed up to ${file}, ${formatBytes(size)}\n`);
  return undefined;
}

async function flush(file: string): Promise<void> {
  using handle = await Deno.open(file, { read: true, write: true });
  await handle.sync();
}

async function exists(file: string): Promise<boolean> {
  try {
    await Deno.lstat(file);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new StartError(
      `Cannot back up to ${file}: ${error instanceof Error ? error.message : error}`,
      "cannotCreate",
      { cause: error },
    );
  }
}

function passOver(expected: new () => Error): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof expected)) throw error;
  };
}
