import { Caching } from "./serve_content.ts";

/** Options of {@link answer}. */
export interface AnswerOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A short text. Its length is said outright: the answer to HEAD keeps it when the text itself is left out
 * (RFC 9110 section 9.3.2).
 */
export function answer(text: string, { status = 200, headers = {} }: AnswerOptions = {}): Response {
  return whole(`${text}\n`, status, { "Content-Type": "text/plain; charset=utf-8", ...headers });
}

/** The same with JSON. */
export function answerJson(value: unknown, { status = 200, headers = {} }: AnswerOptions = {}): Response {
  return whole(JSON.stringify(value), status, { "Content-Type": "application/json", ...headers });
}

/**
 * Says which methods there are instead (RFC 9110 section 15.5.6).
 *
 * @param allowed `GET, HEAD` for example
 */
export function methodNotAllowed(allowed: string): Response {
  return answer(`Allowed here: ${allowed}`, { status: 405, headers: { Allow: allowed } });
}

/** What is the same for GET and HEAD, but for the body. */
export function forMethod(method: string, response: Response): Response {
  return method === "HEAD" && response.body !== null ? new Response(null, response) : response;
}

function whole(text: string, status: number, headers: Readonly<Record<string, string>>): Response {
  const bytes = new TextEncoder().encode(text);
  return new Response(bytes, {
    status,
    headers: { "Cache-Control": Caching.never, ...headers, "Content-Length": String(bytes.length) },
  });
}
