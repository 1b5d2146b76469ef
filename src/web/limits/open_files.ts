/** Descriptors for the database, Discord, uploads and requests that are no sockets. */
const RESERVE = 256;

/** Where the limit cannot be read: far below the hard limit of systemd (524,288) and Docker, to which Deno raises its own. */
const UNKNOWN_LIMIT = 10_000;

/**
 * How many sockets the process's limit of open files leaves room for.
 *
 * @param readLimits gives what Linux tells about a process's limits (proc(5), `/proc/pid/limits`); throws where it cannot be read
 */
export function socketsForOpenFiles(readLimits: () => string = ownLimits): number {
  let text: string;
  try {
    text = readLimits();
  } catch {
    // Other systems do not have it, and Deno shows it to programs with every permission only.
    return UNKNOWN_LIMIT;
  }
  const soft = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  return soft === undefined ? UNKNOWN_LIMIT : Math.max(1, Number(soft) - RESERVE);
}

function ownLimits(): string {
  return Deno.readTextFileSync("/proc/self/limits");
}
