import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { SignJWT } from "jose";
import { SocketClient } from "../support/socket_client.ts";
import { RELAXED, World } from "./world.ts";

const SECRET = "an-identity-secret-of-32-letters!";

Deno.test(
  "[S5] Server heeds limits and proxies, keeps files and signs in as it is configured, and logs no secret",
  RELAXED,
  async () => {
    await using world = await World.start();
    await Deno.writeTextFile(`${world.folder}/identity`, `${SECRET}\n`);
    const server = await world.server({
      LIMIT_MESSAGES: "2",
      MAX_CONNECTIONS_PER_IP: "2",
      LIMIT_UPLOADS: "1",
      PUBLIC_URL: "https://chat.example",
      ALLOWED_SITES: "https://shop.example",
      IDENTITY_SECRET_FILE: "identity",
      DATABASE_PATH: "data.db",
    });
    const url = await server.url();
    await using client = await SocketClient.hello(url);
    const session = String((await client.next()).session);
    const upload = (): Promise<Response> =>
      fetch(`${url}/upload`, {
        method: "POST",
        body: "hello",
        headers: { Authorization: `Bearer ${session}` },
      });
    const stored = await upload();
    equal(stored.headers.get("Strict-Transport-Security"), "max-age=31536000");
    match(
      String(stored.headers.get("Content-Security-Policy")),
      /frame-ancestors 'self' https:\/\/shop\.example$/,
    );
    const { id } = await stored.json();
    deepEqual([...Deno.readDirSync(`${world.folder}/data.db-files`)].map(({ name }) => name), [id]);
    equal((await upload()).status, 429);
    client.send({ type: "send", cid: "a", content: "", files: [id] });
    for (const cid of ["b", "c"]) client.send({ type: "send", cid, content: "x" });
    const { code, cid } = await client.nextOf("error");
    deepEqual([code, cid], ["rate_limited", "c"]);

    const token = await new SignJWT({ sub: "ada" }).setProtectedHeader({ alg: "HS256" }).setExpirationTime(
      "1h",
    )
      .sign(new TextEncoder().encode(SECRET));
    await using signedIn = await SocketClient.connect(url);
    signedIn.send({ type: "hello", v: 1, session: null, after: 0, identity: { token } });
    const welcome = await signedIn.nextOf("welcome");
    notEqual(welcome.session, undefined);
    signedIn.send({ type: "history", before: 1, limit: 1 });
    equal((await signedIn.next()).type, "history");
    await using third = await SocketClient.connect(url);
    equal((await third.ended()).code, 4429);
    // Believed from loopback by default.
    const named = new WebSocket(`${url.replace("http", "ws")}/ws`, {
      headers: { "X-Forwarded-For": "203.0.113.9" },
    });
    const answer = new Promise<string>((resolve) => {
      named.addEventListener("message", ({ data }) => resolve(data));
      named.addEventListener("close", (event) => resolve(String(event.code)));
    });
    named.addEventListener("open", () => named.send(`{"type":"hello","v":1,"session":null,"after":0}`));
    match(await answer, /"welcome"/);
    named.close();
    const { text } = await server.stop();
    const log = JSON.stringify(server.logs.items) + text;
    for (const secret of [session.slice(37), String(welcome.session).slice(37), token, SECRET]) {
      equal(log.includes(secret), false);
    }
  },
);

Deno.test("Server gives out many files at once, however few sockets it is set to have", RELAXED, async () => {
  await using world = await World.start();
  const url = await (await world.server({ MAX_CONNECTIONS: "60" })).url();
  await using client = await SocketClient.hello(url);
  const headers = { Authorization: `Bearer ${String((await client.next()).session)}` };
  const body = new Uint8Array(8 * 1024 * 1024);
  const { id } = await (await fetch(`${url}/upload`, { method: "POST", body, headers })).json();
  // Nobody reads the answers, so that each of them lasts.
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => fetch(`${url}/files/${id}`, { headers })),
  );
  deepEqual(answers.map(({ status }) => status), Array<number>(6).fill(200));
  for (const answer of answers) await answer.body?.cancel();
});
