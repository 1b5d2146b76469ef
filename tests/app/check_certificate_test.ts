import { equal, match } from "node:assert/strict";
import { check } from "../../src/app/check.ts";
import { certificateKey, encodeCertificate } from "../../src/app/tls/kept_certificate.ts";
import { TestAuthority } from "../support/acme/certificates.ts";
import { tempStorage } from "../support/temp_storage.ts";
import { contextFor } from "./command_scene.ts";

const DOMAIN = "chat.example.com";
/** Nobody answers there, and nobody has to. */
const AUTHORITY = "http://127.0.0.1:9/directory";
const FLAGS = ["--host=127.0.0.1", "--port=0", "--acme-http-port=0", `--acme-directory-url=${AUTHORITY}`];

/** What `check` prints of the certificate. */
async function lineOf(path: string, domain: string | undefined): Promise<string | undefined> {
  const flags = domain === undefined ? FLAGS : [...FLAGS, `--domain=${domain}`];
  const context = contextFor(path, undefined, flags);
  await check(context);
  return /^.* Certificate: .*$/m.exec(context.printed.join(""))?.[0];
}

Deno.test("check says in one line, without the network, which certificate the database keeps for DOMAIN", async () => {
  await using temp = await tempStorage();
  const none = /^ok {4}Certificate: none is kept for chat\.example\.com yet; the server fetches one, /;
  await temp.storage.meta.set(`acme_account ${AUTHORITY}`, new Uint8Array([1]));
  match(await lineOf(`${temp.path}-not-there`, DOMAIN) ?? "", none);
  match(await lineOf(temp.path, DOMAIN) ?? "", none);

  const authority = await TestAuthority.create();
  const keep = async (validMs: number): Promise<void> => {
    const issued = await authority.issueFor(validMs, DOMAIN);
    await temp.storage.meta.set(certificateKey(AUTHORITY, DOMAIN), encodeCertificate(issued));
  };
  await keep(86_400_000);
  match(
    await lineOf(temp.path, DOMAIN) ?? "",
    /^ok {4}Certificate: for chat\.example\.com until \d{4}-.*Z, /,
  );
  match(
    await lineOf(temp.path, "new.example.com") ?? "",
    /^ok {4}Certificate: none is kept for new\.example\.com yet \(only for chat\.example\.com\); /,
  );
  await keep(-1_000);
  match(
    await lineOf(temp.path, DOMAIN) ?? "",
    /^warn {2}Certificate: the one for chat\.example\.com has ended at /,
  );
  equal(await lineOf(temp.path, undefined), undefined);
});

Deno.test("check looks for no certificate in a database that cannot be used", async () => {
  await using temp = await tempStorage();
  const letter = `${temp.path}-letter`;
  await Deno.writeTextFile(letter, "Dear Ada, ".repeat(500));
  equal(
    await lineOf(letter, DOMAIN),
    "-     Certificate: kept in the database, which has to be right first",
  );
});
