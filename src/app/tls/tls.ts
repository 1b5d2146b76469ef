import type { Config } from "../../config.ts";
import type { Clock } from "../../core/mod.ts";
import type { LoggerFactory } from "../../logging.ts";
import { type Certificate, ChallengeService } from "../../web/mod.ts";
import { listen, proofAddress } from "../listening.ts";
import { certificateInfo, newAccountKey, placeholder, requestCertificate } from "./acme_client.ts";
import { AutomaticCertificate, type CertificateStore } from "./automatic_certificate.ts";
import { CertificateFiles } from "./certificate_files.ts";

/** Where the certificate comes from, if there is one. */
export interface Tls {
  /** What to begin with; plain HTTP without one. */
  readonly certificate: Certificate | undefined;
  /** When the one of now ends, Unix milliseconds: 0 while there is none that browsers trust. Left out with plain HTTP. */
  readonly until?: () => number;
  /** Begins to look for newer ones. */
  start(renew: (certificate: Certificate) => void): void;
  /** Ends that. */
  stop(signal: AbortSignal): Promise<void>;
}

/** What TLS needs. */
export interface TlsOptions {
  readonly store: CertificateStore;
  readonly clock: Clock;
  readonly makeLogger: LoggerFactory;
}

/**
 * Finds the certificate that the configuration asks for.
 *
 * @throws {StartError} when its files, or the port for the authority's proof, cannot be used
 */
export async function openTls(config: Config, options: TlsOptions): Promise<Tls> {
  const { domain, tlsCert, tlsKey } = config;
  if (domain !== undefined) return await automatic(config, domain, options);
  if (tlsCert !== undefined && tlsKey !== undefined) return fromFiles(tlsCert, tlsKey, options);
  return { certificate: undefined, start: () => {}, stop: () => Promise.resolve() };
}

function fromFiles(cert: string, key: string, { clock, makeLogger }: TlsOptions): Tls {
  let renew: (certificate: Certificate) => void = () => {};
  const files = new CertificateFiles({
    cert,
    key,
    onChange: (certificate) => renew(certificate),
    clock,
    logger: makeLogger("tls"),
  });
  return {
    get certificate() {
      return files.current;
    },
    until: () => certificateInfo(files.current).until,
    start: (callback) => void (renew = callback),
    stop(): Promise<void> {
      files.stop();
      return Promise.resolve();
    },
  };
}

async function automatic(config: Config, domain: string, options: TlsOptions): Promise<Tls> {
  const { acmeDirectoryUrl: directoryUrl, acmeEmail, acmeHttpPort, host, port } = config;
  const { store, clock, makeLogger } = options;
  const logger = makeLogger("tls");
  const challenges = listen(proofAddress(config), () =>
    new ChallengeService({
      host,
      port: acmeHttpPort,
      site: `https://${domain}${port === 443 ? "" : `:${port}`}`,
      clock,
      logger,
    }));
  let renew: (certificate: Certificate) => void = () => {};
  const certificates = new AutomaticCertificate({
    domain,
    directoryUrl,
    authority: {
      newAccountKey,
      validityOf: certificateInfo,
      request: (accountKey) =>
        requestCertificate({
          directoryUrl,
          accountKey,
          domain,
          email: acmeEmail,
          show: (token, keyAuthorization) => challenges.show(token, keyAuthorization),
        }),
    },
    store,
    onChange: (certificate) => renew(certificate),
    clock,
    logger,
  });
  return {
    certificate: certificates.kept ?? await placeholder(domain),
    until: () => certificates.until,
    start(callback): void {
      renew = callback;
      certificates.start();
    },
    stop(signal): Promise<void> {
      certificates.stop();
      return challenges.stop(signal);
    },
  };
}
