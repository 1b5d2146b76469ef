import { isIP } from "node:net";
import type { ValueType } from "./value_type.ts";

const LOOPBACK = ["127.0.0.0/8", "::1/128"] as const;
const PRIVATE = [
  ...LOOPBACK,
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "fc00::/7",
  "fe80::/10",
] as const;

/** Whose `X-Forwarded-For` is believed, always as CIDRs: the words stand for what they mean, an address for itself alone. */
export const trustedProxies: ValueType<readonly string[]> = {
  allowed: "none, loopback, private or a comma-separated list of CIDRs such as 10.0.0.0/8",
  placeholder: "none|loopback|private|CIDR,...",
  parse(text): readonly string[] | undefined {
    const parts = text.toLowerCase().split(",").map((part) => part.trim());
    if (parts.length === 1 && parts[0] === "none") return [];
    const ranges = new Set<string>();
    for (const part of parts) {
      const found = part === "loopback" ? LOOPBACK : part === "private" ? PRIVATE : cidr(part);
      if (found === undefined) return undefined;
      for (const range of found) ranges.add(range);
    }
    return [...ranges];
  },
};

function cidr(text: string): readonly string[] | undefined {
  const [, address = "", prefix] = /^([0-9a-f.:]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  if (version === 0 || Number(prefix ?? bits) > bits) return undefined;
  return [`${address}/${prefix ?? bits}`];
}
