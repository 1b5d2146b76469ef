/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** A request as it goes over the wire: nothing is decoded, and no header is added but what HTTP needs. */
export async function ask(
  url: string,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Answer> {
  const { hostname, port, host } = new URL(url);
  const { Host = host, ...others } = headers;
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${Host}`, "Connection: close"];
  for (const [name, value] of Object.entries(others)) lines.push(`${name}: ${value}`);
  await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  const answer = await readAnswer(connection);
  const text = new TextDecoder("latin1").decode(answer);
  const end = text.indexOf("\r\n\r\n");
  const [status = "", ...fields] = text.slice(0, end).split("\r\n");
  return {
    status: Number(status.split(" ")[1]),
    headers: new Headers(
      fields.map((
        field,
      ): [string, string] => [field.split(": ")[0] ?? "", field.split(": ").slice(1).join(": ")]),
    ),
    bytes: answer.slice(end + 4),
  };
}

/** Reads until the other side closes, or goes on with another protocol. */
async function readAnswer(connection: Deno.TcpConn): Promise<Uint8Array> {
  let answer = new Uint8Array();
  const chunk = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await connection.read(chunk);
    if (count === null) return answer;
    answer = new Uint8Array([...answer, ...chunk.subarray(0, count)]);
    const text = new TextDecoder("latin1").decode(answer.subarray(0, 2_000));
    if (text.startsWith("HTTP/1.1 101") && text.includes("\r\n\r\n")) return answer;
  }
}

/** A path of every kind. */
export const PATHS: readonly string[] = [
  "/",
  "/embed",
  "/widget.js",
  "/static/dist/page.css",
  "/static/favicon.svg",
  "/static/none",
  "/healthz",
  "/readyz",
  "/files/none",
  "/avatars/none",
  "/upload",
  "/ws",
  "/nothing",
  "/%00",
  "/static/..%2f..%2fdeno.json",
];
