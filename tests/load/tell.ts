import { TextLineStream } from "../e2e/text_lines.ts";

const encoder = new TextEncoder();

/** Writes one JSON object as a line to whoever started this process. */
export function tell(what: Readonly<Record<string, unknown>>): void {
  let bytes = encoder.encode(`${JSON.stringify(what)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

/** The lines that this process is asked; they end when whoever started it is gone. */
export function asked(): AsyncIterable<string> {
  return Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
}
