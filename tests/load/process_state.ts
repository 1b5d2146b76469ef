/** What the system knows of a process (Linux). */
export interface ProcessState {
  /** Resident memory, in bytes. */
  readonly memory: number;
  /** Open descriptors. */
  readonly descriptors: number;
}

/** @param pid of a running process */
export function processState(pid: number): ProcessState {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  return { memory: kilobytes * 1024, descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length };
}
