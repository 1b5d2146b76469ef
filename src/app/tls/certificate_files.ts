import type { Clock, Logger } from "../../core/mod.ts";
import { StartError } from "../../start_error.ts";
import type { Certificate } from "../../web/mod.ts";
import { plainReason } from "../command.ts";
import { repeat } from "../repeat.ts";
import { problemOf } from "./problem.ts";

/** How often the files are looked at, in milliseconds. Watching would lose what tools do with symbolic links and new folders. */
const LOOK_EVERY_MS = 2_000;

/** Paths of PEM files. */
export interface CertificatePaths {
  readonly cert: string;
  readonly key: string;
}

/** Options of {@link CertificateFiles}. */
export interface CertificateFilesOptions extends CertificatePaths {
  /** Told when they have changed and fit together. */
  readonly onChange: (certificate: Certificate) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A certificate that somebody else keeps in files, and renews there. */
export class CertificateFiles {
  /** The certificate of now. */
  current: Certificate;
  readonly #options: CertificateFilesOptions;
  readonly #end: () => void;
  #refused: string | undefined;

  /** @throws {StartError} when they cannot be read or used */
  constructor(options: CertificateFilesOptions) {
    this.#options = options;
    this.current = readCertificate(options);
    this.#end = repeat(options.clock, LOOK_EVERY_MS, () => this.#look());
  }

  /** Looks at the files no more. */
  stop(): void {
    this.#end();
  }

  /** What is there keeps serving until there is something better: the two files never change in the same moment. */
  #look(): void {
    const { logger, onChange } = this.#options;
    let found: Certificate;
    try {
      found = read(this.#options);
    } catch (error) {
      return this.#refuse(plainReason(error));
    }
    if (found.cert === this.current.cert && found.key === this.current.key) {
      this.#refused = undefined;
      return;
    }
    const problem = problemOf(found);
    if (problem !== undefined) return this.#refuse(problem);
    this.current = found;
    this.#refused = undefined;
    logger.info("The certificate has changed", { file: this.#options.cert });
    onChange(found);
  }

  #refuse(reason: string): void {
    if (reason === this.#refused) return;
    this.#refused = reason;
    this.#options.logger.error("Cannot use the changed certificate, going on with the one before", {
      file: this.#options.cert,
      reason,
    });
  }
}

/**
 * Reads a certificate that can be served.
 *
 * @throws {StartError} when the files cannot be read or used
 */
export function readCertificate(paths: CertificatePaths): Certificate {
  const names = `TLS_CERT ${paths.cert} and TLS_KEY ${paths.key}`;
  let found: Certificate;
  try {
    found = read(paths);
  } catch (error) {
    throw new StartError(`Cannot read ${names}: ${plainReason(error)}`, "noInput", { cause: error });
  }
  const problem = problemOf(found);
  if (problem !== undefined) throw new StartError(`Cannot serve HTTPS with ${names}: ${problem}`, "config");
  return found;
}

function read({ cert, key }: CertificatePaths): Certificate {
  return { cert: Deno.readTextFileSync(cert), key: Deno.readTextFileSync(key) };
}
