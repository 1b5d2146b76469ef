import { breathe, type CommandContext, type CommandOutcome, openArchive } from "./command.ts";
import { removeInSteps } from "./removal_in_steps.ts";

/**
 * Removes messages and idle conversations that are older than an age, beside a running server, too. Threads on Discord stay.
 *
 * @param olderThanMs the age
 * @throws {StartError} when the database cannot be used
 */
export async function purge(context: CommandContext, olderThanMs: number): CommandOutcome {
  using archive = openArchive(context.config, "change");
  const { messages, conversations } = await removeInSteps(archive, {
    before: Date.now() - olderThanMs,
    pause: async () => {
      await breathe();
      context.signal.throwIfAborted();
    },
    onProgress: (counts) =>
      context.progress(`${counts.messages} messages, ${counts.conversations} conversations removed`),
  });
  context.progress("");
  context.print(`Removed ${messages} messages and ${conversations} idle conversations\n`);
  return undefined;
}
