import { flagOf, type Option, OPTION_KEYS, OPTIONS } from "./options.ts";

// Widest line of the help, so that it does not wrap on a common terminal.
const FLAG_COLUMN = 34;

interface Row {
  readonly key: string;
  readonly option: Option<unknown>;
}

const rows = (): readonly Row[] => OPTION_KEYS.map((key) => ({ key, option: OPTIONS[key] }));

/**
 * The options as `--help` lists them.
 *
 * @returns Two lines an option, without a line end after the last
 */
export function configHelp(): string {
  return rows().map(({ key, option }) => {
    const flag = `  --${flagOf(key)} ${option.type.placeholder}`;
    const file = option.secret ? `; --${flagOf(key)}-file PATH reads it from a file` : "";
    const fallback = (option.fallbackWords ?? option.fallback ?? "none").replaceAll("`", "");
    return `${flag.padEnd(FLAG_COLUMN)} ${key}\n      ${option.help}${file} (default: ${fallback})`;
  }).join("\n");
}

/**
 * The options as the README lists them.
 *
 * @returns A Markdown table, without a line end after the last row
 */
export function configTableMarkdown(): string {
  const cells = rows().map(({ key, option }) => [
    option.secret ? `\`${key}\`, \`${key}_FILE\`` : `\`${key}\``,
    option.fallbackWords ?? `\`${option.fallback}\``,
    option.help,
    option.type.allowed.replaceAll("*", "\\*"),
  ]);
  const table = [["Key", "Default", "Meaning", "Allowed"], ["---", "---", "---", "---"], ...cells];
  return table.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
}
