/** What every answer carries. */
const COMMON: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Permissions-Policy":
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), " +
    "midi=(), payment=(), usb=()",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** Whoever came by TLS stays with TLS for a year. Not for subdomains: they may not be ours. */
const STRICT_TRANSPORT = "max-age=31536000";

/** A file that a visitor or the staff sent: whatever it is, it runs nothing and loads nothing. */
export const FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'";

/** Sets what every answer carries, as far as it does not say otherwise itself. */
export class SecurityHeaders {
  readonly #headers: readonly (readonly [string, string])[];
  readonly #alwaysSecure: boolean;

  /**
   * The policy lets a page load only our own scripts, styles and pictures, and talk only to us.
   *
   * @param sites the origins that may frame our pages, as CSP sources
   * @param alwaysSecure whether visitors come by TLS only, whatever the connection looks like from here
   */
  constructor(sites: readonly string[], alwaysSecure: boolean) {
    this.#alwaysSecure = alwaysSecure;
    const policy = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' blob:",
      "media-src 'self'",
      "connect-src 'self'",
      "form-action 'none'",
      "base-uri 'none'",
      `frame-ancestors 'self'${sites.map((site) => ` ${site}`).join("")}`,
    ];
    this.#headers = Object.entries({ ...COMMON, "Content-Security-Policy": policy.join("; ") });
  }

  /**
   * Completes an answer.
   *
   * @param secure whether the request came by TLS
   */
  complete(response: Response, secure: boolean): Response {
    for (const [name, value] of this.#headers) {
      if (!response.headers.has(name)) response.headers.set(name, value);
    }
    if (secure || this.#alwaysSecure) response.headers.set("Strict-Transport-Security", STRICT_TRANSPORT);
    return response;
  }
}
