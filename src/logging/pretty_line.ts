import type { LogRecord } from "@logtape/logtape";
import { type Plain, readEntries, toPlain } from "./plain.ts";

const RESET = "\x1b[0m";
const DIM = "\x1b[2m";
const LEVELS: Readonly<Record<string, readonly [label: string, color: string]>> = {
  debug: ["DEBUG", "\x1b[36m"],
  info: ["INFO ", "\x1b[32m"],
  warning: ["WARN ", "\x1b[33m"],
  error: ["ERROR", "\x1b[31m"],
};
// What a visitor or a server sent must not move the cursor, start a new line or look like another field.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const BARE = /^[^\s"'={}[\]\p{Cc}\p{Cf}\p{Cs}]+$/u;

/**
 * Formats a record for people: local date and time, level, part of the program, message, `key=value` fields; the stacks of errors follow, indented.
 *
 * @param record What was logged
 * @param redact Takes secrets out of a text
 * @param colors Whether to color
 * @returns One or more lines, the last line's end included
 */
export function prettyLine(record: LogRecord, redact: (text: string) => string, colors: boolean): string {
  const paint = (color: string, text: string): string => colors ? `${color}${text}${RESET}` : text;
  const [label, color] = LEVELS[record.level] ?? [record.level.toUpperCase(), ""];
  const fields: string[] = [];
  const stacks: string[] = [];
  for (const [key, value] of readEntries(record.properties)) {
    if (value === undefined) continue;
    const plain = toPlain(value, redact);
    if (Error.isError(value) && isRecord(plain)) {
      fields.push(`${paint(DIM, `${escape(redact(key))}=`)}${text(`${plain["name"]}: ${plain["message"]}`)}`);
      stacks.push(...stackLines(plain));
    } else {
      fields.push(`${paint(DIM, `${escape(redact(key))}=`)}${text(plain)}`);
    }
  }
  const head = [
    paint(DIM, localTime(record.timestamp)),
    paint(color, label),
    paint(DIM, record.category.slice(1).join(".") || record.category.join(".")),
    escape(redact(record.message.map(String).join(""))),
    ...fields,
  ].join(" ");
  return [head, ...stacks.map((line) => paint(DIM, `    ${line}`))].join("\n") + "\n";
}

function stackLines(error: { readonly [key: string]: Plain }, prefix = ""): string[] {
  const { stack, cause, name, message } = error;
  const own = (typeof stack === "string" ? stack : `${name}: ${message}`).split("\n").map((line) =>
    escape(line)
  );
  own[0] = `${prefix}${own[0] ?? ""}`;
  if (cause === undefined) return own;
  return [...own, ...(isRecord(cause) ? stackLines(cause, "caused by ") : [`caused by ${text(cause)}`])];
}

function isRecord(value: Plain): value is { readonly [key: string]: Plain } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: Plain): string {
  return typeof value === "string" && BARE.test(value) ? value : escape(JSON.stringify(value));
}

function escape(value: string): string {
  return value.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function localTime(timestamp: number): string {
  const date = new Date(timestamp);
  const pad = (value: number, length = 2): string => String(value).padStart(length, "0");
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${
    pad(date.getMilliseconds(), 3)
  }`;
}
