import type { Certificate } from "../../web/mod.ts";

/** A certificate is renewed once this part of its time is over, as Let's Encrypt recommends. */
const RENEW_AFTER = 2 / 3;

/** How what the database keeps of certificates begins; authority and name follow, of which neither has a space. */
export const CERTIFICATE_KEYS = "acme_certificate ";

/** Under what the database keeps the certificate of a name from an authority. Another name, or another authority, has its own. */
export function certificateKey(directoryUrl: string, domain: string): string {
  return `${CERTIFICATE_KEYS}${directoryUrl} ${domain}`;
}

/** A certificate as the database keeps it. */
export function encodeCertificate({ cert, key }: Certificate): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ cert, key }));
}

/** Reads what {@link encodeCertificate} has written. */
export function decodeCertificate(bytes: Uint8Array): Certificate {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** When a certificate is to be renewed; all in Unix milliseconds. */
export function renewalOf({ from, until }: { readonly from: number; readonly until: number }): number {
  return from + (until - from) * RENEW_AFTER;
}
