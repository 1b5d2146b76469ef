/** What every answer carries. */
const COMMON: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/**
 * The headers of an answer. The policy lets a page load only our own scripts, styles and pictures, and talk only to us.
 *
 * @param sites the origins that may frame our pages, as CSP sources
 */
export function securityHeaders(sites: readonly string[]): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: https:",
    "media-src 'self'",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    `frame-ancestors 'self'${sites.map((site) => ` ${site}`).join("")}`,
  ];
  return { ...COMMON, "Content-Security-Policy": policy.join("; ") };
}
