import type { LogRecord } from "@logtape/logtape";
import { type Plain, readEntries, toPlain } from "./plain.ts";

/**
 * Formats a record as one line of JSON: `time`, `level`, `logger`, `message`, then its fields. A field with one of those names is found
 * with `fields.` before it.
 *
 * @param record What was logged
 * @param redact Takes secrets out of a text
 * @returns The line, its end included
 */
export function jsonLine(record: LogRecord, redact: (text: string) => string): string {
  const head = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level === "warning" ? "warn" : record.level,
    logger: record.category.join("."),
    message: redact(record.message.map(String).join("")),
  };
  const fields = readEntries(record.properties).filter(([, value]) => value !== undefined).map((
    [key, value],
  ): [string, Plain] => [redact(Object.hasOwn(head, key) ? `fields.${key}` : key), toPlain(value, redact)]);
  // fromEntries takes any key as it is, __proto__ too
  return `${JSON.stringify({ ...head, ...Object.fromEntries(fields) })}\n`;
}
