import type { Clock, Logger } from "../../core/mod.ts";
import type { Certificate } from "../../web/mod.ts";
import { certificateKey, decodeCertificate, encodeCertificate, renewalOf } from "./kept_certificate.ts";

/** The pause after a failure, doubled with every further one: authorities allow five failures an hour. */
const FIRST_PAUSE_MS = 15 * 60_000;
const LONGEST_PAUSE_MS = 12 * 3_600_000;

/** Where certificate and account survive a restart. */
export interface CertificateStore {
  get(key: string): Uint8Array | undefined;
  set(key: string, value: Uint8Array): Promise<void>;
}

/** What asks the authority; see `acme_client.ts`. */
export interface Authority {
  newAccountKey(): Promise<string>;
  /** @throws when there is no certificate to be had now */
  request(accountKey: string): Promise<Certificate>;
  /** Unix milliseconds. */
  validityOf(certificate: Certificate): { readonly from: number; readonly until: number };
}

/** Options of {@link AutomaticCertificate}. */
export interface AutomaticCertificateOptions {
  readonly domain: string;
  readonly directoryUrl: string;
  readonly authority: Authority;
  readonly store: CertificateStore;
  /** Told when there is a new one. */
  readonly onChange: (certificate: Certificate) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Fetches a certificate, keeps it in the database, and renews it in time. */
export class AutomaticCertificate {
  readonly #options: AutomaticCertificateOptions;
  #cancel: () => void = () => {};
  #failures = 0;
  #stopped = false;
  #until = 0;

  constructor(options: AutomaticCertificateOptions) {
    this.#options = options;
  }

  /** What was kept from before, if it still counts. */
  get kept(): Certificate | undefined {
    const { store, authority, clock } = this.#options;
    const bytes = store.get(this.#certificateKey);
    if (bytes === undefined) return undefined;
    const certificate = decodeCertificate(bytes);
    return authority.validityOf(certificate).until > clock.now() ? certificate : undefined;
  }

  /** When the one of now ends, Unix milliseconds; 0 while there is none. */
  get until(): number {
    return this.#until;
  }

  /** Begins: fetches one now when there is none, and renews it from then on. */
  start(): void {
    const { kept } = this;
    if (kept === undefined) void this.#fetch();
    else this.#renewInTime(kept);
  }

  /** Fetches nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #renewInTime(certificate: Certificate): void {
    const { authority, clock } = this.#options;
    const validity = authority.validityOf(certificate);
    this.#until = validity.until;
    this.#later(renewalOf(validity) - clock.now());
  }

  #later(waitMs: number): void {
    if (this.#stopped) return;
    // A timer holds 24.8 days at most: https://developer.mozilla.org/en-US/docs/Web/API/Window/setTimeout#maximum_delay_value
    const stepMs = Math.min(Math.max(0, waitMs), 86_400_000);
    this.#cancel = this.#options.clock.after(stepMs, () => {
      if (stepMs < waitMs) this.#later(waitMs - stepMs);
      else void this.#fetch();
    });
  }

  async #fetch(): Promise<void> {
    const { domain, authority, store, onChange, logger } = this.#options;
    try {
      const certificate = await authority.request(await this.#accountKey());
      await store.set(this.#certificateKey, encodeCertificate(certificate));
      if (this.#stopped) return;
      this.#failures = 0;
      const until = new Date(authority.validityOf(certificate).until).toISOString();
      logger.info("There is a new certificate", { domain, until });
      onChange(certificate);
      this.#renewInTime(certificate);
    } catch (error) {
      if (this.#stopped) return;
      const retryInMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures++, LONGEST_PAUSE_MS);
      logger.error("Cannot get a certificate, trying again later", { domain, retryInMs, error });
      this.#later(retryInMs);
    }
  }

  async #accountKey(): Promise<string> {
    const { store, authority, directoryUrl } = this.#options;
    // Another authority has its own.
    const place = `acme_account ${directoryUrl}`;
    const kept = store.get(place);
    if (kept !== undefined) return new TextDecoder().decode(kept);
    const key = await authority.newAccountKey();
    await store.set(place, new TextEncoder().encode(key));
    return key;
  }

  get #certificateKey(): string {
    return certificateKey(this.#options.directoryUrl, this.#options.domain);
  }
}
