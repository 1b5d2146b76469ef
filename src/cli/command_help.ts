import { type Command, type CommandFlag, COMMANDS } from "./commands.ts";

// Widest usage that its explanation still follows on the same line.
const USAGE_COLUMN = 20;

/**
 * The commands as `--help` lists them.
 *
 * @returns A line a command and a line a flag, without a line end after the last
 */
export function commandHelp(): string {
  return Object.entries(COMMANDS).flatMap(([name, command]) => linesOf(name, command)).join("\n");
}

/**
 * One command as its own `--help` shows it.
 *
 * @param name Of a command in the table
 * @returns The same lines as in the list of all
 */
export function helpOfCommand(name: string, command: Command): string {
  return linesOf(name, command).join("\n");
}

function linesOf(name: string, command: Command): readonly string[] {
  return [
    `  ${usage(name, command).padEnd(USAGE_COLUMN)} ${command.help}`,
    ...Object.entries(command.flags).map(([flag, spec]) => {
      const { help, fallback, required } = spec;
      const note = required
        ? " (required)"
        : fallback === undefined || spec.switch
        ? ""
        : ` (default: ${fallback})`;
      return `    ${flagUsage(flag, spec).padEnd(USAGE_COLUMN + 6)} ${help}${note}`;
    }),
  ];
}

/**
 * The commands as the README lists them.
 *
 * @returns A Markdown table, without a line end after the last row
 */
export function commandTableMarkdown(): string {
  const rows = Object.entries(COMMANDS).map(([name, command]) => {
    const flags = Object.entries(command.flags).map(([flag, spec]) => {
      const text = flagUsage(flag, spec);
      return spec.required ? text : `[${text}]`;
    });
    return [`\`${["chatbox50", usage(name, command), ...flags].join(" ")}\``, command.help];
  });
  const table = [["Command", "Does"], ["---", "---"], ...rows];
  return table.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
}

function flagUsage(flag: string, { type, switch: bare }: CommandFlag<unknown>): string {
  return bare ? `--${flag}` : `--${flag} ${type.placeholder}`;
}

function usage(name: string, { operand }: Command): string {
  return operand === undefined ? name : `${name} ${operand.name}`;
}
