/**
 * What the commands of the command line do, apart from running the server.
 *
 * @module
 */
import { backUp } from "./backup.ts";
import { check, checkMisconfigured } from "./check.ts";
import { type CommandContext, type CommandOutcome, explainDamage } from "./command.ts";
import { erase } from "./erase.ts";
import { exportConversations } from "./export.ts";
import { writeKit } from "./kit.ts";
import { purge } from "./purge.ts";
import { stats } from "./stats.ts";

export type { CommandContext, CommandOutcome } from "./command.ts";

/** A command that works on the database: in a large one a damage is met only by what reads it. */
function onDatabase<Rest extends readonly unknown[]>(
  work: (context: CommandContext, ...rest: Rest) => CommandOutcome,
): (context: CommandContext, ...rest: Rest) => CommandOutcome {
  return async (context, ...rest) => {
    try {
      return await work(context, ...rest);
    } catch (error) {
      throw explainDamage(error);
    }
  };
}

/** The commands' work by name. */
export const OPERATIONS = {
  backUp: onDatabase(backUp),
  check,
  checkMisconfigured,
  erase: onDatabase(erase),
  exportConversations: onDatabase(exportConversations),
  purge: onDatabase(purge),
  stats: onDatabase(stats),
  writeKit,
} as const;

/** What the command line is given to do its work; tests bring their own. */
export type Operations = typeof OPERATIONS;
