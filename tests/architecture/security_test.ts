import { deepEqual, ok } from "node:assert/strict";
import { ROOT } from "./spec.ts";

/** `| V3 sessions | a claim | \`tests/x_test.ts\`: "words of the test's name" |` */
const CLAIM = /^\| V(?<chapter>\d+) [^|]+\| *(?<claim>[^|]+?) *\| *`(?<file>[^`]+)`: "(?<name>.+)" *\|$/;
const LEAST_CLAIMS = 60;
/** Of the ASVS, version 4.0.3. */
const CHAPTERS = 14;

/** Packages that may have to do with cryptography, by their names. */
const CRYPTOGRAPHY = /crypt|jose|x509|acme|hash|hmac|nacl|noble|forge|elliptic/;

interface Claim {
  readonly chapter: number;
  readonly claim: string;
  readonly file: string;
  readonly name: string;
}

function claims(): readonly Claim[] {
  const lines = Deno.readTextFileSync(new URL("SECURITY.md", ROOT)).split("\n");
  const rows = lines.filter((line) => /^\| V\d/.test(line));
  return rows.map((row) => {
    const { chapter, claim, file, name } = CLAIM.exec(row)?.groups ?? {};
    if (chapter === undefined || claim === undefined || file === undefined || name === undefined) {
      throw new Error(`SECURITY.md makes a claim without naming a test: ${row}`);
    }
    return { chapter: Number(chapter), claim, file, name };
  });
}

Deno.test("SECURITY.md names a test for each of its claims, and there is such a test", () => {
  const all = claims();
  ok(all.length >= LEAST_CLAIMS, `read only ${all.length} claims`);
  deepEqual(
    [...new Set(all.map(({ chapter }) => chapter))],
    Array.from({ length: CHAPTERS }, (_, i) => i + 1),
  );
  for (const { claim, file, name } of all) {
    const source = Deno.readTextFileSync(new URL(file, ROOT));
    ok(source.includes(name), `${file} has no test "${name}", which is to prove that ${claim}`);
  }
});

Deno.test("the program's cryptography is the platform's and that of the packages named for it", () => {
  const specifiers = new Set<string>();
  for (const source of sourcesIn("src")) {
    for (const [, specifier = ""] of source.matchAll(/\bfrom "([^"]+)"|\bimport\("([^"]+)"\)/g)) {
      if (!specifier.startsWith(".") && CRYPTOGRAPHY.test(specifier)) specifiers.add(specifier);
    }
    // It comes along with acme-client, which has functions of it for who asks for them.
    if (/\bacme\.forge\b/.test(source)) specifiers.add("node-forge");
    // Its numbers can be foretold: they may spread attempts, and make no secret.
    if (/\b(?:secret|session|token)\w* *= *[^;\n]*Math\.random/i.test(source)) specifiers.add("Math.random");
  }
  deepEqual([...specifiers].sort(), ["@peculiar/x509", "acme-client", "jose", "node:crypto"]);
});

Deno.test("the executable has no cryptography in it that SECURITY.md does not name", () => {
  const { npm } = JSON.parse(Deno.readTextFileSync(new URL("src/executable.lock", ROOT)));
  const names = Object.keys(npm).map((name) => name.replace(/(?<=.)@.*$/, ""))
    // ASN.1 is a form of data.
    .filter((name) => CRYPTOGRAPHY.test(name) && !name.includes("asn1"));
  const text = Deno.readTextFileSync(new URL("SECURITY.md", ROOT));
  ok(names.includes("jose"));
  deepEqual(names.filter((name) => !text.includes(`\`${name}\``)), []);
});

function sourcesIn(directory: string): readonly string[] {
  return [...Deno.readDirSync(new URL(`${directory}/`, ROOT))].flatMap(({ name, isDirectory }) => {
    const path = `${directory}/${name}`;
    if (isDirectory) return sourcesIn(path);
    return name.endsWith(".ts") ? [Deno.readTextFileSync(new URL(path, ROOT))] : [];
  });
}
