// Writes the column "Tests" of docs/spec.md.
import { fileURLToPath } from "node:url";
import { findTests, SPEC, withTests } from "./spec.ts";

Deno.writeTextFileSync(SPEC, withTests(Deno.readTextFileSync(SPEC), findTests()));
const { code } = await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", fileURLToPath(SPEC)] })
  .spawn().status;
Deno.exit(code);
