/**
 * Opens databases and prints what came of it, as JSON, after `serve` or `read`: for tests that need a process with fewer rights than their own.
 *
 * @module
 */
import { Archive, DatabaseOpenError, openStorage } from "../../src/storage/mod.ts";

/** As the server does, or as a command that only reads. */
async function open(path: string): Promise<void> {
  if (how === "serve") await openStorage(path).close();
  else Archive.read(path)[Symbol.dispose]();
}

async function tell(path: string): Promise<string> {
  try {
    await open(path);
    return "opened";
  } catch (error) {
    return error instanceof DatabaseOpenError ? `${error.fault}: ${error.message}` : `raw: ${error}`;
  }
}

const [how, ...paths] = Deno.args;
const told = await Promise.all(paths.map(tell));
await new Blob([JSON.stringify(told)]).stream().pipeTo(Deno.stdout.writable);
