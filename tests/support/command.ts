/** How a command ended. */
export interface Ended {
  readonly success: boolean;
  /** All that it wrote to standard output, then all that it wrote to standard error. */
  readonly output: string;
}

/** Runs a command to its end; one that is not installed has failed. */
export async function runCommand(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], env }).output();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    return { success, output: text(stdout) + text(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { success: false, output: `${command} is not installed` };
  }
}
