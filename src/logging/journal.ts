import { fstatSync } from "node:fs";

/** The priorities of syslog, which journald reads from the beginning of a line: https://www.freedesktop.org/software/systemd/man/sd-daemon.html */
const PRIORITIES: Readonly<Record<string, string>> = {
  debug: "<7>",
  info: "<6>",
  warning: "<4>",
  error: "<3>",
};

/**
 * Tells whether standard error goes to the journal.
 *
 * @param stream JOURNAL_STREAM, which systemd sets to the device and inode of what it has connected; a child process inherits it even when
 * its own output goes elsewhere
 */
export function goesToJournal(stream: string | undefined): boolean {
  if (stream === undefined || Deno.build.os !== "linux") return false;
  try {
    const { dev, ino } = fstatSync(2);
    return stream === `${dev}:${ino}`;
  } catch {
    // a closed standard error goes nowhere
    return false;
  }
}

/**
 * Puts the priority before every line, so that `journalctl -p warning` finds what it should.
 *
 * @param level logtape's
 * @param lines one or several, with their ends
 */
export function withPriority(level: string, lines: string): string {
  const priority = PRIORITIES[level] ?? "<6>";
  return lines.replace(/^(?=.)/gm, priority);
}
