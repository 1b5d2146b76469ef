/**
 * What the commands of the command line do, apart from running the server.
 *
 * @module
 */
import { backUp } from "./backup.ts";
import { check, checkMisconfigured } from "./check.ts";
import { erase } from "./erase.ts";
import { exportConversations } from "./export.ts";
import { writeKit } from "./kit.ts";
import { purge } from "./purge.ts";
import { stats } from "./stats.ts";

export type { CommandContext, CommandOutcome } from "./command.ts";

/** The commands' work by name. */
export const OPERATIONS = {
  backUp,
  check,
  checkMisconfigured,
  erase,
  exportConversations,
  purge,
  stats,
  writeKit,
} as const;

/** What the command line is given to do its work; tests bring their own. */
export type Operations = typeof OPERATIONS;
