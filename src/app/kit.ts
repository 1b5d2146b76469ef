import { StartError } from "../start_error.ts";
import { type CommandContext, type CommandOutcome, plainReason } from "./command.ts";

/** Where the kit lies, in the executable as in the sources. */
const DOCS = new URL("../../docs/", import.meta.url);

/** What belongs to it: the words, what they tell to install, and what watches. Links between them hold. */
const PAGE = "deploy.md";
const FOLDERS = ["deploy", "monitoring"] as const;

/**
 * Writes everything that a deployment needs to a new folder.
 *
 * @param folder must not exist, or be empty
 * @throws {StartError} when it is not empty, or cannot be written
 */
export async function writeKit({ print }: CommandContext, folder: string): CommandOutcome {
  try {
    await Deno.mkdir(folder, { recursive: true });
    for await (const { name } of Deno.readDir(folder)) {
      throw new StartError(
        `Cannot write the kit to ${folder}: ${name} is in it; name a new folder`,
        "cannotCreate",
      );
    }
    let count = await copy(PAGE, folder);
    for (const inner of FOLDERS) {
      await Deno.mkdir(`${folder}/${inner}`);
      for await (const { name } of Deno.readDir(new URL(inner, DOCS))) {
        count += await copy(`${inner}/${name}`, folder);
      }
    }
    print(`Wrote ${count} files to ${folder}; begin with ${folder}/${PAGE}\n`);
    return undefined;
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`Cannot write the kit to ${folder}: ${plainReason(error)}`, "cannotCreate", {
      cause: error,
    });
  }
}

async function copy(path: string, folder: string): Promise<number> {
  await Deno.writeFile(`${folder}/${path}`, await Deno.readFile(new URL(path, DOCS)));
  return 1;
}
