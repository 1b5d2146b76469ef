import type { Config } from "../config.ts";
import { StartError } from "../start_error.ts";

/**
 * Looks whether the configured address is free; port 0 always is.
 *
 * @throws {StartError} when it is not
 */
export function checkPort({ host, port }: Pick<Config, "host" | "port">): void {
  if (port === 0) return;
  listen({ host, port }, () => Deno.listen({ hostname: host, port }).close());
}

/**
 * Runs what begins to listen.
 *
 * @throws {StartError} that tells the operator why it cannot
 */
export function listen<T>({ host, port }: Pick<Config, "host" | "port">, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const where = `${host}:${port}`;
    if (error instanceof Deno.errors.AddrInUse) {
      throw new StartError(
        `Cannot listen on ${where}: another program does; set PORT to a free one, or stop the other`,
        "unavailable",
        { cause: error },
      );
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new StartError(
        `Cannot listen on ${where}: not permitted; ports below 1024 need a privilege`,
        "unavailable",
        { cause: error },
      );
    }
    if (error instanceof Deno.errors.AddrNotAvailable || error instanceof TypeError) {
      throw new StartError(
        `Cannot listen on ${where}: HOST is no address of this machine`,
        "unavailable",
        { cause: error },
      );
    }
    throw error;
  }
}
