import { deepEqual, equal, match } from "node:assert/strict";
import { ClientAddresses } from "../../../src/web/limits/client_address.ts";
import { ProxyWarnings } from "../../../src/web/limits/proxy_warnings.ts";
import { trustedProxies } from "../../../src/config/trusted_proxies.ts";
import { Log } from "../../support/log.ts";
import { startServer } from "../web_server.ts";

const NAMED = new Headers({ "X-Forwarded-For": "198.51.100.1" });

for (
  const [setting, remote, advice] of [
    ["none", "127.0.0.1", "loopback"],
    ["none", "::1", "loopback"],
    ["none", "::ffff:127.0.0.1", "loopback"],
    ["none", "10.1.2.3", "private"],
    ["loopback", "172.17.0.2", "private"],
    ["loopback", "192.168.1.9", "private"],
    ["loopback", "fd00::1", "private"],
    ["10.0.0.0/8", "127.0.0.1", "loopback"],
    ["loopback", "127.0.0.1", undefined],
    ["private", "10.1.2.3", undefined],
    ["none", "203.0.113.7", undefined],
    ["none", "2001:db8::1", undefined],
  ] as const
) {
  Deno.test(`ProxyWarnings with TRUST_PROXY=${setting} gives ${advice ?? "no advice"} on a proxy at ${remote}`, () => {
    const client = new ClientAddresses(trustedProxies.parse(setting) ?? []).of(remote, NAMED);
    equal(client.untrusted, advice);
    if (advice === undefined) return;
    // The advice is good: with it, the proxy is believed.
    const advised = new ClientAddresses(trustedProxies.parse(advice) ?? []).of(remote, NAMED);
    deepEqual([advised.prefix, advised.untrusted], ["198.51.100.1", undefined]);
  });
}

Deno.test("ProxyWarnings says so once, and nothing of a neighbour who names nobody", () => {
  const log = new Log();
  const [warnings, addresses] = [new ProxyWarnings(log), new ClientAddresses([])];
  warnings.request(addresses.of("127.0.0.1", new Headers()));
  equal(log.lines.length, 0);
  for (const remote of ["127.0.0.1", "10.1.2.3"]) warnings.request(addresses.of(remote, NAMED));
  deepEqual(log.lines.map(({ level, fields }) => [level, fields]), [["warn", { proxy: "127.0.0.1" }]]);
  match(String(log.lines[0]?.message), /X-Forwarded-For.* set TRUST_PROXY to loopback$/);
});

Deno.test("WebService warns of a proxy that is not trusted", async () => {
  const logger = new Log();
  await using server = await startServer({ logger });
  for (let i = 0; i < 2; i++) {
    await (await fetch(`${server.url}/healthz`, { headers: NAMED })).body?.cancel();
  }
  equal(logger.lines.filter(({ message }) => message.includes("TRUST_PROXY")).length, 1);
});
