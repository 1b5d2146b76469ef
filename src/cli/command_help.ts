import { type Command, COMMANDS } from "./commands.ts";

// Widest usage that its explanation still follows on the same line.
const USAGE_COLUMN = 20;

/**
 * The commands as `--help` lists them.
 *
 * @returns A line a command and a line a flag, without a line end after the last
 */
export function commandHelp(): string {
  return Object.entries(COMMANDS).flatMap(([name, command]) => [
    `  ${usage(name, command).padEnd(USAGE_COLUMN)} ${command.help}`,
    ...Object.entries(command.flags).map(([flag, { type, help, fallback, required }]) => {
      const note = required ? " (required)" : fallback === undefined ? "" : ` (default: ${fallback})`;
      return `    ${`--${flag} ${type.placeholder}`.padEnd(USAGE_COLUMN + 6)} ${help}${note}`;
    }),
  ]).join("\n");
}

/**
 * The commands as the README lists them.
 *
 * @returns A Markdown table, without a line end after the last row
 */
export function commandTableMarkdown(): string {
  const rows = Object.entries(COMMANDS).map(([name, command]) => {
    const flags = Object.entries(command.flags).map(([flag, { type, required }]) => {
      const text = `--${flag} ${type.placeholder}`;
      return required ? text : `[${text}]`;
    });
    return [`\`${["chatbox50", usage(name, command), ...flags].join(" ")}\``, command.help];
  });
  const table = [["Command", "Does"], ["---", "---"], ...rows];
  return table.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
}

function usage(name: string, { operand }: Command): string {
  return operand === undefined ? name : `${name} ${operand.name}`;
}
