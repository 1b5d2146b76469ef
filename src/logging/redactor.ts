/** What stands for a secret. */
export const REDACTED = "[redacted]";

/** What is shorter is no secret that anybody keeps, and would turn up inside ordinary words. */
const SHORTEST_SECRET = 8;

/**
 * Makes a function that takes secrets out of text, also where they are percent-encoded, in Base64 or in the `Authorization` header of a bot.
 *
 * @param secrets What must not be seen; those of less than 8 characters are passed over
 * @returns The text with every secret replaced
 */
export function makeRedactor(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(
    secrets.filter((secret) => secret.length >= SHORTEST_SECRET).flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      btoa(encodeURIComponent(secret) === secret ? secret : unescapedBytes(secret)),
    ]),
  );
  // the longest first: one form may contain another
  const sorted = [...forms].sort((a, b) => b.length - a.length);
  return (text) => sorted.reduce((rest, form) => rest.replaceAll(form, REDACTED), text);
}

function unescapedBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
