import type { Certificate } from "../../web/mod.ts";

/**
 * Says why a certificate cannot be served, by serving it for a moment where nobody asks.
 *
 * @returns a few words; `undefined` when it can
 */
export function problemOf({ cert, key }: Certificate): string | undefined {
  try {
    Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key }).close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
