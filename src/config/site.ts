import type { ValueType } from "./value_type.ts";

const SOURCE = /^(?:(https?):\/\/)?(\*\.)?([^\s/:*?#@\\;'"[\]]+)(?::(\d{1,5}|\*))?\/?$/i;

/**
 * A site that may frame the widget, as the host source of a Content Security Policy: an origin whose first label may be `*`,
 * whose port may be `*`, and whose scheme may be missing. Nothing that could end the directive gets through.
 */
export const site: ValueType<string> = {
  allowed: "sites such as https://example.com, https://*.example.com or http://localhost:* (no path)",
  placeholder: "SITE",
  parse(text): string | undefined {
    const [, scheme, wildcard = "", name, port] = SOURCE.exec(text) ?? [];
    if (
      name === undefined || (port !== undefined && port !== "*" && (Number(port) < 1 || Number(port) > 65535))
    ) {
      return undefined;
    }
    // the URL parser lower-cases, checks an IPv4 address and turns other alphabets into Punycode
    const hostname = URL.parse(`http://${name}`)?.hostname;
    if (hostname === undefined || !/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(hostname)) return undefined;
    if (wildcard !== "" && (!hostname.includes(".") || /\.\d+$/.test(hostname))) return undefined;
    return `${scheme === undefined ? "" : `${scheme.toLowerCase()}://`}${wildcard}${hostname}${
      port === undefined ? "" : `:${port}`
    }`;
  },
};
