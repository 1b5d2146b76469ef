import { deepEqual } from "node:assert/strict";
import { describeKept, type KeptState } from "../../src/app/tls/describe_kept.ts";
import { certificateKey, encodeCertificate } from "../../src/app/tls/kept_certificate.ts";
import { certificateInfo } from "../../src/app/tls/acme_client.ts";
import { TestAuthority } from "../support/acme/certificates.ts";

const directoryUrl = "https://acme.example/directory";
const domain = "chat.example.com";
const HOUR_MS = 3_600_000;
const REMEDY = "the server fetches one, and its log says when it cannot";

const iso = (at: number): string => new Date(at).toISOString();

Deno.test("describeKept tells a certificate in its time from one that is due, and from one that has ended", async () => {
  const authority = await TestAuthority.create();
  const issued = await authority.issueFor(90 * HOUR_MS, domain);
  const { from, until } = certificateInfo(issued);
  const kept = new Map([[certificateKey(directoryUrl, domain), encodeCertificate(issued)]]);
  const at = (now: number): KeptState => describeKept(kept, { domain, directoryUrl, now });
  const renewal = from + (until - from) * 2 / 3;
  deepEqual(at(renewal - 1), {
    fine: true,
    detail: `for ${domain} until ${iso(until)}, to be renewed at ${iso(renewal)}`,
  });
  const due = {
    fine: false,
    detail: `the one for ${domain} ends at ${iso(until)} and is to be renewed since ${
      iso(renewal)
    }; ${REMEDY}`,
  };
  deepEqual([at(renewal), at(until - 1)], [due, due]);
  deepEqual(at(until), {
    fine: false,
    detail: `the one for ${domain} has ended at ${iso(until)}; ${REMEDY}`,
  });
});

Deno.test("describeKept names what is kept for other names and by other authorities when there is none", () => {
  const look = { domain, directoryUrl, now: 0 };
  deepEqual(describeKept(new Map(), look), {
    fine: true,
    detail: `none is kept for ${domain} yet; ${REMEDY}`,
  });
  const staging = "https://staging.example/directory";
  const kept = new Map([
    [certificateKey(directoryUrl, "old.example.com"), new Uint8Array()],
    [certificateKey(staging, domain), new Uint8Array()],
  ]);
  deepEqual(describeKept(kept, look), {
    fine: true,
    detail: `none is kept for ${domain} yet (only for old.example.com, ${domain} by ${staging}); ${REMEDY}`,
  });
});
