/** What the system knows of a process (Linux). */
export interface ProcessState {
  /** Resident memory that is its own, in bytes: pages of files that the system may take back at any time do not count. */
  readonly memory: number;
  /** Open descriptors. */
  readonly descriptors: number;
}

/** @param pid of a running process */
export function processState(pid: number): ProcessState {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const kilobytes = Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]);
  return { memory: kilobytes * 1024, descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length };
}
