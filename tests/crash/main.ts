/**
 * `deno task test:crash`: kills the library's process and the executable under load a hundred times each, and looks for every acked message.
 *
 * @module
 */
import { currentExecutable } from "../support/executable.ts";

const TESTS = ["tests/crash/kill.ts", "tests/e2e/crash_test.ts", "tests/e2e/fsync_test.ts"];

function print(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

try {
  const executable = await currentExecutable();
  print(`Killing ${executable}`);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", ...TESTS],
    env: { CRASH_ROUNDS: "100", CRASH_COPIES: "100", CHATBOX50_EXECUTABLE: executable },
  }).spawn().status;
  Deno.exitCode = code;
} catch (error) {
  print(error instanceof Error ? error.message : String(error));
  Deno.exitCode = 1;
}
