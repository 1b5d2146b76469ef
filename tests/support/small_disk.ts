/** A file system of its own in memory, small enough to be filled. Needs root. */
export class SmallDisk implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Whether this process may mount one: as root, or by a `sudo` that asks nothing. */
  static async isPossible(): Promise<boolean> {
    try {
      await using _disk = await SmallDisk.mount("size=1m");
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Mounts one.
   *
   * @throws {Error} where this process may not mount
   */
  static async mount(options: string): Promise<SmallDisk> {
    const path = await Deno.makeTempDir();
    try {
      await run("mount", "-t", "tmpfs", "-o", `${options},mode=1777`, "tmpfs", path);
      return new SmallDisk(path);
    } catch (error) {
      await Deno.remove(path);
      throw error;
    }
  }

  /** Mounts it anew with other options. */
  async remount(options: string): Promise<void> {
    await run("mount", "-o", `remount,${options}`, this.path);
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

async function run(...command: readonly string[]): Promise<void> {
  const [program = "", ...args] = Deno.uid() === 0 ? command : ["sudo", "-n", ...command];
  const { success, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  })
    .output();
  if (!success) throw new Error(`Cannot ${command.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}
