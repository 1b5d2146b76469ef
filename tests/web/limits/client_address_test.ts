import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { ClientAddresses } from "../../../src/web/limits/client_address.ts";
import { ConnectionCount } from "../../../src/web/limits/connection_count.ts";
import { type Descriptor, socketsForOpenFiles } from "../../../src/web/limits/open_files.ts";

const LOOPBACK = ["127.0.0.0/8", "::1/128"];

function prefixOf(remote: string, forwardedFor?: string, trusted: readonly string[] = LOOPBACK): string {
  const headers = new Headers(forwardedFor === undefined ? {} : { "X-Forwarded-For": forwardedFor });
  return new ClientAddresses(trusted).of(remote, headers).prefix;
}

const CASES:
  readonly (readonly [name: string, remote: string, forwardedFor: string | undefined, prefix: string])[] = [
    ["an IPv4 address as it is", "203.0.113.7", undefined, "203.0.113.7"],
    ["the /64 of an IPv6 address", "2001:db8:1:2:3:4:5:6", undefined, "2001:db8:1:2::/64"],
    ["IPv4 inside IPv6 as IPv4", "::ffff:203.0.113.7", undefined, "203.0.113.7"],
    ["no header from somebody who is no proxy", "203.0.113.7", "198.51.100.1", "203.0.113.7"],
    ["whom a trusted proxy names", "127.0.0.1", "198.51.100.1", "198.51.100.1"],
    [
      "the right-most that is not trusted, not what the client made up",
      "127.0.0.1",
      "6.6.6.6, 198.51.100.1",
      "198.51.100.1",
    ],
    ["whom the outer of two trusted proxies names", "::1", "198.51.100.1, 127.0.0.2", "198.51.100.1"],
    ["an address with a port", "127.0.0.1", "198.51.100.1:4711", "198.51.100.1"],
    ["an address in brackets with a port", "127.0.0.1", "[2001:db8::1]:4711", "2001:db8:0:0::/64"],
    ["the proxy itself when it names nobody", "127.0.0.1", undefined, "127.0.0.1"],
    ["the proxy itself when it names nonsense", "127.0.0.1", "198.51.100.1, unknown", "127.0.0.1"],
    ["no octal and no short forms", "127.0.0.1", "0177.1", "127.0.0.1"],
  ];

for (const [name, remote, forwardedFor, prefix] of CASES) {
  Deno.test(`ClientAddresses takes ${name}`, () => equal(prefixOf(remote, forwardedFor), prefix));
}

Deno.test("ClientAddresses believes nobody when no proxy is trusted", () => {
  equal(prefixOf("127.0.0.1", "198.51.100.1", []), "127.0.0.1");
});

Deno.test("ClientAddresses knows TLS and a silent proxy from a trusted proxy only", () => {
  const addresses = new ClientAddresses(LOOPBACK);
  const headers = new Headers({ "X-Forwarded-Proto": "https" });
  deepEqual(addresses.of("127.0.0.1", headers), { prefix: "127.0.0.1", secure: true, unnamed: true });
  deepEqual(addresses.of("203.0.113.7", headers), { prefix: "203.0.113.7", secure: false, unnamed: false });
});

Deno.test("[S3] ClientAddresses gives a short text for whatever a header holds", () => {
  const addresses = new ClientAddresses(["127.0.0.0/8", "::1/128", "10.0.0.0/8"]);
  const part = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string(),
    fc.constantFrom("", ",", "[", "::", "10.0.0.1", "127.0.0.1"),
  );
  fc.assert(fc.property(fc.array(part), (parts) => {
    const text = parts.join(",").replace(/[^\x21-\x7e]/g, "");
    const { prefix } = addresses.of("127.0.0.1", new Headers({ "X-Forwarded-For": text }));
    equal(/^[0-9a-f.:]{2,21}(?:\/64)?$/.test(prefix), true, prefix);
  }));
});

Deno.test("ConnectionCount lets in so many in all and so many from an address, and others when one has left", () => {
  const count = new ConnectionCount({ all: 3, perAddress: 2 });
  const leave = count.enter("a");
  count.enter("a");
  equal(count.enter("a"), undefined);
  count.enter("b");
  equal(count.enter("c"), undefined);
  leave?.();
  // Twice is once.
  leave?.();
  equal(typeof count.enter("c"), "function");
  equal(count.enter("d"), undefined);
});

Deno.test("ConnectionCount of 0 is no limit", () => {
  const count = new ConnectionCount({ all: 0, perAddress: 0 });
  for (let i = 0; i < 1_000; i++) equal(typeof count.enter("a"), "function");
});

Deno.test("[S4] socketsForOpenFiles leaves descriptors for everything else, and gives back what it tried", () => {
  const withLimit = (limit: number): number => {
    let open = 0;
    const descriptor = (): Descriptor => {
      if (open === limit) throw new Error("Too many open files (os error 24)");
      open++;
      return { close: () => void open-- };
    };
    const { sure, more, transfers } = socketsForOpenFiles(descriptor);
    equal(open, 0);
    // Two descriptors for each of the uploads and of the downloads fit beside the sockets.
    ok(limit < 20 || sure + 4 * transfers < limit, `${limit}: ${sure} sockets, ${transfers} transfers`);
    if (more === undefined) return sure;
    // As many sockets as are sure have come, each with a descriptor of its own.
    open = sure;
    const all = more(sure);
    equal(open, sure);
    return all;
  };
  deepEqual(
    [0, 1, 40, 1_000, 1_279, 1_280, 1_300, 2_048, 10_511, 10_512, 100_000].map(withLimit),
    [1, 1, 30, 750, 959, 960, 960, 1_536, 9_999, 10_000, 10_000],
  );
});

Deno.test("[S4] socketsForOpenFiles has descriptors for as many downloads as pages ask for", () => {
  const withLimit = (limit: number): number => {
    let open = 0;
    return socketsForOpenFiles(() => {
      if (open === limit) throw new Error("Too many open files (os error 24)");
      open++;
      return { close: () => void open-- };
    }).transfers;
  };
  deepEqual([0, 64, 256, 1_000, 1_280, 100_000].map(withLimit), [1, 3, 12, 50, 64, 64]);
});

Deno.test("ConnectionCount asks once for more when all are there", () => {
  const asked: number[] = [];
  const more = (there: number): number => {
    asked.push(there);
    return 3;
  };
  const count = new ConnectionCount({ all: 2, more, perAddress: 0 });
  const entered = ["a", "b", "c", "d", "e"].map((prefix) => count.enter(prefix) !== undefined);
  deepEqual(entered, [true, true, true, false, false]);
  deepEqual(asked, [2]);
});
