/**
 * Says on standard error, where nobody overlooks it, that tests are left out because this machine lacks what they need. `.ci/run` repeats
 * these lines at its end.
 *
 * @param what the behaviour that is not proven
 * @param missing what the machine lacks, in words for whoever can give it
 */
export function sayNotProven(what: string, missing: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`\nNOT PROVEN HERE: ${what}: ${missing}\n`));
}
