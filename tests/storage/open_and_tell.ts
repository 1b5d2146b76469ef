/**
 * Opens databases and prints what came of it, as JSON: for tests that need a process with fewer rights than their own.
 *
 * @module
 */
import { DatabaseOpenError, openStorage } from "../../src/storage/mod.ts";

async function tell(path: string): Promise<string> {
  try {
    await openStorage(path).close();
    return "opened";
  } catch (error) {
    return error instanceof DatabaseOpenError ? `${error.fault}: ${error.message}` : `raw: ${error}`;
  }
}

const told = await Promise.all(Deno.args.map(tell));
await new Blob([JSON.stringify(told)]).stream().pipeTo(Deno.stdout.writable);
