import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import acme from "acme-client";
import type { Certificate } from "../../web/mod.ts";

/** How long one request to the authority may take, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;

// axios' adapter for Node reads proxy settings from an environment that this program may not see; fetch does without.
acme.axios.defaults.adapter = "fetch";
acme.axios.defaults.timeout = REQUEST_TIMEOUT_MS;
// A failure is tried again much later, by us: authorities count attempts.
// (The library would also send the same signed request again, whose nonce is used up: the answer hides the reason.)
Object.assign(Reflect.get(acme.axios.defaults, "acmeSettings"), { retryMaxAttempts: 0 });

/** What a certificate is asked for with. */
export interface CertificateRequest {
  readonly directoryUrl: string;
  /** PEM; the account belongs to whoever has it. */
  readonly accountKey: string;
  readonly domain: string;
  readonly email: string | undefined;
  /** Shows the authority what it wants to see. @returns takes it away */
  readonly show: (token: string, keyAuthorization: string) => () => void;
}

/**
 * Makes the key of a new account with a certificate authority.
 *
 * @returns PEM
 */
export async function newAccountKey(): Promise<string> {
  return (await acme.crypto.createPrivateEcdsaKey()).toString();
}

/**
 * Asks the authority for a certificate, proving by HTTP-01 (RFC 8555 section 8.3) that the name is ours.
 *
 * @throws whatever keeps it from giving one
 */
export async function requestCertificate(request: CertificateRequest): Promise<Certificate> {
  const { directoryUrl, accountKey, domain, email, show } = request;
  const client = new acme.Client({ directoryUrl, accountKey });
  const [key, csr] = await acme.crypto.createCsr(
    { commonName: domain, altNames: [domain] },
    await acme.crypto.createPrivateEcdsaKey(),
  );
  const shown = new Map<string, () => void>();
  try {
    const cert = await client.auto({
      csr,
      termsOfServiceAgreed: true,
      ...(email !== undefined && { email }),
      challengePriority: ["http-01"],
      // The authority looks by itself; from here the own name need not lead here.
      skipChallengeVerification: true,
      challengeCreateFn: (_authorization, { token }, keyAuthorization) => {
        shown.set(token, show(token, keyAuthorization));
        return Promise.resolve();
      },
      challengeRemoveFn: (_authorization, { token }) => {
        shown.get(token)?.();
        shown.delete(token);
        return Promise.resolve();
      },
    });
    return { cert, key: key.toString() };
  } finally {
    for (const hide of shown.values()) hide();
  }
}

/** What a certificate says of itself. */
export interface CertificateInfo {
  /** Unix milliseconds. */
  readonly from: number;
  /** Unix milliseconds. */
  readonly until: number;
  /** For which names and addresses it is. */
  readonly names: readonly string[];
}

/** Reads what a certificate says of itself; the first, where a chain follows. */
export function certificateInfo({ cert }: Certificate): CertificateInfo {
  const { notBefore, notAfter, domains } = acme.crypto.readCertificateInfo(cert);
  return { from: notBefore.getTime(), until: notAfter.getTime(), names: domains.altNames };
}

/** A certificate that no browser trusts, to listen with until there is a real one. */
export async function placeholder(domain: string): Promise<Certificate> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: "01",
      name: `CN=${domain}`,
      signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
      keys,
      extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: domain }])],
    },
    crypto,
  );
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { cert: certificate.toString("pem"), key: PemConverter.encode(key, "PRIVATE KEY") };
}
