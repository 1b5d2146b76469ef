/**
 * The one table of commands. Parsing, `--help` and the README's list all come from here.
 *
 * @module
 */
import type { CommandContext, CommandOutcome, Operations } from "../app/operations.ts";
import { oneOf, type ValueType } from "../config.ts";
import { age, path, present, uid } from "./value_types.ts";

/** A flag of one command; those of the settings belong to every command. */
export interface CommandFlag<T> {
  readonly type: ValueType<T>;
  /** The text that counts when it is not given; without one it stays unset. */
  readonly fallback?: string;
  readonly required?: true;
  /** It takes no value: `yes` counts when it is given. */
  readonly switch?: true;
  readonly help: string;
}

/** What follows a command without a flag's name. */
export interface CommandOperand<T> {
  /** How the help calls it. */
  readonly name: string;
  readonly type: ValueType<T>;
}

type Flags = Readonly<Record<string, CommandFlag<unknown>>>;

type FlagValues<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends CommandFlag<infer T>
    ? F[K] extends { readonly required: true } | { readonly fallback: string } ? T : T | undefined
    : never;
};

/** What a command was given, each checked by its type. */
export interface CommandInput {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly operand: unknown;
}

/** A command as the table has it. */
export interface Command {
  /** What it does, in one line. */
  readonly help: string;
  readonly operand?: CommandOperand<unknown>;
  readonly flags: Flags;
  /** Whether the configuration has to do with it; where not, nobody reads one. */
  readonly settings: boolean;
  /** Does it; what the process does by itself (serve, version, help) has none. */
  readonly run?: (operations: Operations, context: CommandContext, input: CommandInput) => CommandOutcome;
  /** Speaks instead when the configuration cannot be used, of all that is wrong with it. */
  readonly misconfigured?: (
    operations: Operations,
    print: CommandContext["print"],
    problems: readonly string[],
  ) => void;
}

// Ties what a command runs with to what its own flags and operand give, while the table is checked against Command.
function command<const F extends Flags, O = undefined>(spec: {
  readonly help: string;
  readonly operand?: CommandOperand<O>;
  readonly flags?: F;
  readonly settings?: false;
  readonly misconfigured?: Command["misconfigured"];
  readonly run?: (
    operations: Operations,
    context: CommandContext,
    flags: FlagValues<F>,
    operand: O,
  ) => CommandOutcome;
}): Command {
  const { help, operand, flags = {}, settings = true, misconfigured, run } = spec;
  return {
    help,
    flags,
    settings,
    ...(misconfigured && { misconfigured }),
    ...(operand && { operand }),
    ...(run && {
      run: (operations, context, input) =>
        // readInput has made every value with the type that the table names for it
        run(operations, context, input.flags as FlagValues<F>, input.operand as O),
    }),
  };
}

/** The commands by name, in the order of the help. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: command({ help: "Run the server (this is what happens without a command)" }),
  check: command({
    help: "Look at configuration, database, token, channel and permissions, and say what to do",
    run: (operations, context) => operations.check(context),
    misconfigured: (operations, print, problems) => operations.checkMisconfigured(print, problems),
  }),
  backup: command({
    help: "Copy the database to a new file, and files to FILE-files, of a running server, too",
    operand: { name: "FILE", type: path },
    run: (operations, context, _flags, file) => operations.backUp(context, file),
  }),
  export: command({
    help: "Write conversations to standard output",
    flags: {
      uid: { type: uid, help: "Only this visitor's; all by default" },
      format: {
        type: oneOf("jsonl", "txt"),
        fallback: "jsonl",
        help: "One JSON object a line, or text to read",
      },
    },
    run: (operations, context, flags) => operations.exportConversations(context, flags),
  }),
  erase: command({
    help: "Erase a visitor: messages, files, sessions and the thread on Discord",
    flags: {
      uid: { type: uid, required: true, help: "The visitor; the thread's name says it" },
      "leave-thread": {
        type: present,
        fallback: "no",
        switch: true,
        help: "Only here: the thread stays, for when the bot cannot delete it",
      },
    },
    run: (operations, context, flags) =>
      operations.erase(context, { uid: flags.uid, leaveThread: flags["leave-thread"] }),
  }),
  purge: command({
    help: "Remove old messages and files, and conversations in which nothing is left",
    flags: { "older-than": { type: age, required: true, help: "The age, such as 365d or 12h" } },
    run: (operations, context, flags) => operations.purge(context, { olderThanMs: flags["older-than"] }),
  }),
  stats: command({
    help: "Count conversations, messages and what waits",
    run: (operations, context) => operations.stats(context),
  }),
  kit: command({
    help:
      "Write what a deployment needs to a new folder: units, settings, proxies, dashboard, alerts, and how",
    operand: { name: "FOLDER", type: path },
    settings: false,
    run: (operations, context, _flags, folder) => operations.writeKit(context, folder),
  }),
  version: command({ help: "Print the version", settings: false }),
  help: command({ help: "Print this help", settings: false }),
};
