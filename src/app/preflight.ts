import type { Config } from "../config.ts";
import { checkPort, type ListenAddress, proofAddress } from "./listening.ts";
import { certificateInfo } from "./tls/acme_client.ts";
import { readCertificate } from "./tls/certificate_files.ts";
import { type CertificateDoubt, doubtOf } from "./tls/doubts.ts";

/** What a start looks at before it makes any file, and `check` shows: each throws a `StartError` when it would fail. */
export interface Preflight {
  /** How `check` calls it. */
  readonly subject: string;
  /** What is said instead when it is the running server that has taken it. */
  readonly whileServed?: string;
  /** @returns what is ok about it */
  look(): string;
  /** What keeps no start from succeeding, but visitors from coming. @param now Unix milliseconds */
  readonly doubt?: (now: number) => CertificateDoubt | undefined;
}

/**
 * Lists what the configuration needs of this machine, apart from the database.
 *
 * @param config The configuration
 * @returns in the order in which a start needs it
 */
export function preflights(config: Config): readonly Preflight[] {
  const { host, port, domain, publicUrl, tlsCert: cert, tlsKey: key } = config;
  const list = [free("Address", { host, port })];
  if (domain !== undefined) {
    list.push(free("Address for the certificate's proof", proofAddress(config)));
  }
  if (cert !== undefined && key !== undefined) {
    list.push({
      subject: "Certificate",
      look(): string {
        const { until } = certificateInfo(readCertificate({ cert, key }));
        return `${cert} and ${key} belong together, until ${new Date(until).toISOString()}`;
      },
      doubt: (now) => doubtOf(readCertificate({ cert, key }), { name: cert, publicUrl, now }),
    });
  }
  return list;
}

function free(subject: string, address: ListenAddress): Preflight {
  const { host, port } = address;
  const where = port === 0 ? `any free port of ${host}` : `${host}:${port}`;
  return {
    subject,
    whileServed: `${where} is taken, by the running server`,
    look(): string {
      checkPort(address);
      return port === 0 ? where : `${where} is free`;
    },
  };
}
