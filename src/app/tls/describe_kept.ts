import { certificateInfo } from "./acme_client.ts";
import { CERTIFICATE_KEYS, certificateKey, decodeCertificate, renewalOf } from "./kept_certificate.ts";

/** What is to be done, whether a server runs or not. */
const REMEDY = "the server fetches one, and its log says when it cannot";

/** With what {@link describeKept} looks at what is kept. */
export interface KeptLook {
  /** The name of now. */
  readonly domain: string;
  /** The authority of now. */
  readonly directoryUrl: string;
  /** Unix milliseconds. */
  readonly now: number;
}

/** What there is to say of a kept certificate. */
export interface KeptState {
  /** False when visitors' browsers refuse it, or soon will. */
  readonly fine: boolean;
  readonly detail: string;
}

/**
 * Says in one line what the database keeps for a name, without asking anybody.
 *
 * @param kept What it keeps of certificates, by {@link certificateKey}
 * @param look With what to compare it
 */
export function describeKept(kept: ReadonlyMap<string, Uint8Array>, look: KeptLook): KeptState {
  const { domain, directoryUrl, now } = look;
  const bytes = kept.get(certificateKey(directoryUrl, domain));
  if (bytes === undefined) {
    const others = [...kept.keys()].map((key) => describeOther(key, look));
    const instead = others.length === 0 ? "" : ` (only for ${others.join(", ")})`;
    return { fine: true, detail: `none is kept for ${domain} yet${instead}; ${REMEDY}` };
  }
  const { from, until } = certificateInfo(decodeCertificate(bytes));
  const renewal = renewalOf({ from, until });
  if (now >= until) {
    return {
      fine: false,
      detail: `the one for ${domain} has ended at ${iso(until)}; ${REMEDY}`,
    };
  }
  if (now >= renewal) {
    return {
      fine: false,
      detail: `the one for ${domain} ends at ${iso(until)} and is to be renewed since ${
        iso(renewal)
      }; ${REMEDY}`,
    };
  }
  return { fine: true, detail: `for ${domain} until ${iso(until)}, to be renewed at ${iso(renewal)}` };
}

/** One of another name by that, one of the same name by its authority. */
function describeOther(key: string, { domain }: KeptLook): string {
  const [url = "", name = ""] = key.slice(CERTIFICATE_KEYS.length).split(" ");
  return name === domain ? `${name} by ${url}` : name;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
