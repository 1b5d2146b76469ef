import type { Config } from "../config.ts";
import { StartError } from "../start_error.ts";

/** Where to listen, and how the setting of the port is called. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** `PORT` when left out. */
  readonly key?: string;
}

/**
 * Says where an authority's proof is shown (ACME's HTTP-01).
 *
 * @param config HOST and ACME_HTTP_PORT
 */
export function proofAddress({ host, acmeHttpPort }: Pick<Config, "host" | "acmeHttpPort">): ListenAddress {
  return { host, port: acmeHttpPort, key: "ACME_HTTP_PORT" };
}

/**
 * Looks whether an address is free; port 0 always is, on an address of this machine.
 *
 * @throws {StartError} when it is not
 */
export function checkPort(address: ListenAddress): void {
  const { host, port } = address;
  listen(address, () => Deno.listen({ hostname: host, port }).close());
}

/**
 * Runs what begins to listen.
 *
 * @throws {StartError} that tells the operator why it cannot
 */
export function listen<T>({ host, port, key = "PORT" }: ListenAddress, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const problem = problemOf(error, key);
    if (problem === undefined) throw error;
    throw new StartError(`Cannot listen on ${host}:${port}: ${problem}`, "unavailable", { cause: error });
  }
}

/** What a person can do about it; `undefined` when it has nothing to do with the address. */
function problemOf(error: unknown, key: string): string | undefined {
  if (error instanceof Deno.errors.AddrInUse) {
    return `another program does; set ${key} to a free one, or stop the other`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `not permitted; ports below 1024 need a privilege, or set ${key} to a higher one`;
  }
  if (error instanceof Deno.errors.AddrNotAvailable || error instanceof TypeError) {
    return "HOST is no address of this machine";
  }
  // A name that nobody knows has no class of its own.
  if (error instanceof Error && /lookup|resolve/i.test(error.message)) {
    return "HOST is a name that leads to no address; set it to an address of this machine";
  }
  return undefined;
}
