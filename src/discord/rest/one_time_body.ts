/** What a request sends. */
export interface RequestBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | FormData;
}

/**
 * Whether it does harm to send a request again of which nobody knows whether it arrived. A nonce makes it safe to send again what
 * `fetch` finds lost; nothing makes it safe for any other POST.
 *
 * @param body as it was given for the call
 */
export function onceAtMost(method: string, body: unknown): boolean {
  return method === "POST" && !isNonced(body);
}

function isNonced(body: unknown): boolean {
  return typeof body === "object" && body !== null && "nonce" in body;
}

/**
 * A body that cannot be read twice, so cannot be sent twice: Deno's `fetch` sends a request again by itself when a connection that
 * was used before breaks, even after all of it was sent.
 *
 * @param request as discordeno would send it
 * @returns what to send instead
 */
export function readableOnce({ body, headers }: RequestBody): Pick<RequestInit, "body" | "headers"> {
  if (body === undefined) return {};
  const { body: stream, headers: own } = new Response(body);
  // `fetch` knows the body of a response, and would send that again; a form names its boundary in the header.
  return {
    body: stream?.pipeThrough(new TransformStream()) ?? null,
    headers: { "content-type": own.get("content-type") ?? "", ...headers },
  };
}
