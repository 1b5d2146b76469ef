/**
 * Whether a page may open a WebSocket here: our own pages may, by the address that visitors use or, where it is not known, by
 * whatever they came; programs that are no browsers send no `Origin` at all.
 *
 * @param origin the `Origin` header
 * @param host the `Host` header
 * @param publicUrl the address visitors use, where it is known
 */
export function isOwnOrigin(origin: string | null, host: string | null, publicUrl?: string): boolean {
  if (origin === null) return true;
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  if (url.protocol !== "http:" && url.protocol !== "https:") return false;
  // Any name can be made to lead here (DNS rebinding), so a known one alone counts.
  if (publicUrl !== undefined) return url.origin === new URL(publicUrl).origin;
  // A proxy that ends TLS hands on the host, not the scheme.
  return host !== null && url.host === hostOf(host, url.protocol);
}

function hostOf(host: string, protocol: string): string | undefined {
  const text = `${protocol}//${host}`;
  return URL.canParse(text) ? new URL(text).host : undefined;
}
