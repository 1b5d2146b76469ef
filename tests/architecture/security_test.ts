import { deepEqual, ok } from "node:assert/strict";
import { ROOT } from "./spec.ts";

/** `| V3 sessions | a claim | \`tests/x_test.ts\`: "words of the test's name" |` */
const CLAIM = /^\| V\d+ [^|]+\| *(?<claim>[^|]+?) *\| *`(?<file>[^`]+)`: "(?<name>.+)" *\|$/;
const LEAST_CLAIMS = 30;

/** Packages that may have to do with cryptography, by their names. */
const CRYPTOGRAPHY = /crypt|jose|x509|acme|hash|hmac|nacl/;

interface Claim {
  readonly claim: string;
  readonly file: string;
  readonly name: string;
}

function claims(): readonly Claim[] {
  const lines = Deno.readTextFileSync(new URL("SECURITY.md", ROOT)).split("\n");
  const rows = lines.filter((line) => /^\| V\d/.test(line));
  return rows.map((row) => {
    const { claim, file, name } = CLAIM.exec(row)?.groups ?? {};
    if (claim === undefined || file === undefined || name === undefined) {
      throw new Error(`SECURITY.md makes a claim without naming a test: ${row}`);
    }
    return { claim, file, name };
  });
}

Deno.test("SECURITY.md names a test for each of its claims, and there is such a test", () => {
  const all = claims();
  ok(all.length >= LEAST_CLAIMS, `read only ${all.length} claims`);
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
    // Its numbers can be foretold: they may spread attempts, and make no secret.
    if (/\b(?:secret|session|token)\w* *= *[^;\n]*Math\.random/i.test(source)) specifiers.add("Math.random");
  }
  deepEqual([...specifiers].sort(), ["@peculiar/x509", "acme-client", "jose", "node:crypto"]);
});

function sourcesIn(directory: string): readonly string[] {
  return [...Deno.readDirSync(new URL(`${directory}/`, ROOT))].flatMap(({ name, isDirectory }) => {
    const path = `${directory}/${name}`;
    if (isDirectory) return sourcesIn(path);
    return name.endsWith(".ts") ? [Deno.readTextFileSync(new URL(path, ROOT))] : [];
  });
}
