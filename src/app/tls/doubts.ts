import { certificateInfo } from "./acme_client.ts";
import type { Certificate } from "../../web/mod.ts";

/** Why visitors' browsers refuse what can be served. */
export interface CertificateDoubt {
  /** Whether every browser refuses it, by whatever name it comes. */
  readonly certain: boolean;
  /** What is wrong, and what to do. */
  readonly detail: string;
}

/** What a certificate is looked at with. */
export interface CertificateLook {
  /** How the words call it. */
  readonly name: string;
  /** Where visitors find the server (`PUBLIC_URL`), if it says. */
  readonly publicUrl: string | undefined;
  /** Unix milliseconds. */
  readonly now: number;
}

/**
 * Looks at a certificate as a browser does, apart from whom it trusts.
 *
 * @returns `undefined` when nothing is wrong
 */
export function doubtOf(certificate: Certificate, look: CertificateLook): CertificateDoubt | undefined {
  const { name, publicUrl, now } = look;
  const { from, until, names } = certificateInfo(certificate);
  if (now > until) {
    return {
      certain: true,
      detail: `${name} has expired at ${iso(until)}, and browsers refuse it; put a new one in its place`,
    };
  }
  if (now < from) {
    return { certain: true, detail: `${name} does not count before ${iso(from)}; is the clock right?` };
  }
  if (publicUrl === undefined) return undefined;
  const { hostname } = new URL(publicUrl);
  if (names.some((each) => covers(each, hostname))) return undefined;
  return {
    certain: false,
    detail: `${name} is for ${names.join(", ")}, and PUBLIC_URL names ${hostname}`,
  };
}

/** As RFC 6125 has it (section 6.4.3): a star stands for one label, the first. */
function covers(name: string, hostname: string): boolean {
  const [wanted, asked] = [name.toLowerCase(), hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase()];
  return wanted === asked || (wanted.startsWith("*.") && asked.replace(/^[^.]+/, "*") === wanted);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
