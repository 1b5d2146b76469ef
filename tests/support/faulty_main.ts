// A main whose app throws where nobody can catch it: see tests/cli/process_test.ts.
import { OPERATIONS } from "../../src/app/operations.ts";
import { run } from "../../src/cli.ts";
import { denoHost, type RunningApp } from "../../src/cli/host.ts";

const host = denoHost(() => {
  const finished = Promise.withResolvers<{ exitCode: number }>();
  const keepAlive = setInterval(() => {}, 60_000);
  setTimeout(() => {
    // by the time of the second timer the rejection below has been reported, too
    setTimeout(() => host.print("alive\n"), 0);
    Promise.reject(new Error("rejected"));
    throw new Error("thrown in a timer");
  }, 0);
  const app: RunningApp = {
    addresses: [],
    finished: finished.promise,
    stop: (): Promise<void> => {
      clearInterval(keepAlive);
      finished.resolve({ exitCode: 0 });
      return Promise.resolve();
    },
  };
  return Promise.resolve(app);
}, OPERATIONS);

Deno.exit(await run(Deno.args, host));
