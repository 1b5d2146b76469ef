import { equal, rejects } from "node:assert/strict";
import { type CommandContext, OPERATIONS } from "../../src/app/operations.ts";
import { randomUuid } from "../../src/core/mod.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { within } from "../support/until.ts";
import { contextFor } from "./command_scene.ts";

/** Far below the 15 seconds after which a call is given up by itself, in milliseconds. */
const AT_ONCE_MS = 5_000;

/** Runs a command beside a Discord that takes every request and answers none, and interrupts it once it has asked. */
async function interrupted(path: string, work: (context: CommandContext) => Promise<unknown>): Promise<void> {
  const asked = Promise.withResolvers<void>();
  const never = Promise.withResolvers<Response>();
  const discord = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    asked.resolve();
    return never.promise;
  });
  try {
    const interrupt = new AbortController();
    const running = work(contextFor(path, interrupt.signal, [
      `--discord-token=${btoa("123456789012345678")}.abcdef.${"a".repeat(27)}`,
      `--discord-api-url=http://127.0.0.1:${discord.addr.port}`,
    ]));
    running.catch(() => {});
    await within("a request to Discord", asked.promise);
    // As the command line does; from this reason it makes the exit code 130.
    interrupt.abort("SIGINT");
    await rejects(within("the end of it", running, AT_ONCE_MS), (reason) => reason === "SIGINT");
  } finally {
    never.resolve(new Response("{}"));
    await discord.shutdown();
  }
}

// The runtime lets go of a request that was given up a turn later.
const options = { sanitizeOps: false, sanitizeResources: false };

Deno.test("check hears an interrupt at once while Discord does not answer", options, async () => {
  await using temp = await tempStorage();
  await temp.storage.flush();
  await interrupted(temp.path, (context) => OPERATIONS.check(context));
});

Deno.test(
  "erase hears an interrupt at once while Discord does not answer, and has erased nothing",
  options,
  async () => {
    await using temp = await tempStorage();
    const uid = randomUuid();
    await temp.storage.store.createConnection({ uid, ids: { 1: uid, 2: "123456789012345679" }, at: 1 });
    await interrupted(temp.path, (context) => OPERATIONS.erase(context, { uid, leaveThread: false }));
    equal((await temp.storage.store.connection(uid))?.uid, uid);
  },
);
