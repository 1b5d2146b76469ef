import { answer, methodNotAllowed } from "./answers.ts";

/** RFC 6455 section 4.1: the only version there ever was. */
const VERSION = "13";

/**
 * What is wrong with the request for a WebSocket, as far as the runtime does not say so itself.
 *
 * @returns 405 for another method than GET, 426 when no WebSocket or another version of it is asked for (RFC 6455 section 4.4);
 * `undefined` when it may go on
 */
export function handshakeFault({ method, headers }: Request): Response | undefined {
  if (method !== "GET" && method !== "HEAD") return methodNotAllowed("GET, HEAD");
  const asked = (headers.get("Upgrade") ?? "").split(",").map((name) => name.trim().toLowerCase());
  if (method === "GET" && asked.includes("websocket") && headers.get("Sec-WebSocket-Version") === VERSION) {
    return undefined;
  }
  return answer(`This is a WebSocket, version ${VERSION}`, {
    status: 426,
    // RFC 9110 section 7.8 asks for the Connection header with it.
    headers: { Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Version": VERSION },
  });
}
