/** A file system of its own in memory, small enough to be filled. Needs root. */
export class SmallDisk implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Mounts one.
   *
   * @returns the disk; `undefined` where this process may not mount
   */
  static async mount(options: string): Promise<SmallDisk | undefined> {
    const path = await Deno.makeTempDir();
    if (await run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path)) return new SmallDisk(path);
    await Deno.remove(path);
    return undefined;
  }

  /** Mounts it anew with other options. */
  async remount(options: string): Promise<boolean> {
    return await run("mount", "-o", `remount,${options}`, this.path);
  }

  /** Writes until nothing more fits. */
  async fill(): Promise<void> {
    using file = await Deno.open(`${this.path}/filler`, { write: true, create: true });
    for (const size of [65_536, 4_096]) {
      const bytes = new Uint8Array(size).fill(1);
      try {
        for (;;) await file.write(bytes);
      } catch (error) {
        if (!(error instanceof Error && error.message.includes("space"))) throw error;
      }
    }
  }

  /** Takes away what filled it. */
  async clear(): Promise<void> {
    await Deno.remove(`${this.path}/filler`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", "--lazy", this.path);
    await Deno.remove(this.path);
  }
}

async function run(command: string, ...args: readonly string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, { args: [...args], stdout: "null", stderr: "null" })
      .output();
    return success;
  } catch {
    return false;
  }
}
