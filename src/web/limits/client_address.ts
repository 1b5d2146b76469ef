import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Where a request comes from. */
export interface ClientAddress {
  /** An IPv4 address or an IPv6 /64: what one household or server has, and what is limited together. */
  readonly prefix: string;
  /** Whether the browser speaks TLS with a proxy that is trusted to say so. */
  readonly secure: boolean;
  /** A trusted proxy handed it on without saying for whom. */
  readonly unnamed: boolean;
  /** A machine next to us that is not trusted names somebody: what `TRUST_PROXY` must say for it to be believed. */
  readonly untrusted?: "loopback" | "private";
}

/**
 * Finds the client behind proxies: the right-most address of `X-Forwarded-For` that is not a trusted proxy's own. Whatever
 * stands left of it can be made up by the client.
 */
export class ClientAddresses {
  readonly #trusted: readonly [Address, number][];

  /** @param trusted CIDRs of the proxies whose headers are believed */
  constructor(trusted: readonly string[]) {
    this.#trusted = trusted.map((range) => ipaddr.parseCIDR(range));
  }

  /**
   * Finds the client of a request.
   *
   * @param remote the address of the connection's other end
   * @param headers the request's
   */
  of(remote: string, headers: Headers): ClientAddress {
    let address = parse(remote);
    if (address === undefined) return { prefix: remote, secure: false, unnamed: false };
    if (!this.#isTrusted(address)) {
      const untrusted = headers.has("X-Forwarded-For") ? neighbourhoodOf(address) : undefined;
      return { prefix: prefixOf(address), secure: false, unnamed: false, ...(untrusted && { untrusted }) };
    }
    const named = (headers.get("X-Forwarded-For") ?? "").split(",").map((part) => part.trim());
    const unnamed = named.at(-1) === "";
    for (const part of named.reverse()) {
      const next = parse(part);
      // Nobody can say who stands behind an address that is none.
      if (next === undefined) break;
      address = next;
      if (!this.#isTrusted(next)) break;
    }
    const [protocol] = (headers.get("X-Forwarded-Proto") ?? "").split(",");
    return { prefix: prefixOf(address), secure: protocol?.trim().toLowerCase() === "https", unnamed };
  }

  #isTrusted(address: Address): boolean {
    return this.#trusted.some(([range, bits]) =>
      range.kind() === address.kind() && address.match(range, bits)
    );
  }
}

/** An address, also in brackets or with a port as some proxies write it. IPv4 inside IPv6 is IPv4. */
function parse(text: string): Address | undefined {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  // The library also reads short and octal forms, which no proxy writes.
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return undefined;
  return ipaddr.process(bare);
}

/** Strangers can send any header; a proxy of the operator's stands on the same machine or in the same network. */
function neighbourhoodOf(address: Address): "loopback" | "private" | undefined {
  switch (address.range()) {
    case "loopback":
      return "loopback";
    case "private":
    case "uniqueLocal":
    case "linkLocal":
      return "private";
    default:
      return undefined;
  }
}

function prefixOf(address: Address): string {
  if (!(address instanceof ipaddr.IPv6)) return address.toString();
  return `${address.parts.slice(0, 4).map((part) => part.toString(16)).join(":")}::/64`;
}
