import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { AcmeResponder } from "../support/acme/responder.ts";
import { TestAuthority } from "../support/acme/certificates.ts";
import { within } from "../support/until.ts";
import type { ServerProcess } from "./server_process.ts";
import { RELAXED, World } from "./world.ts";

/** A port that was free just now. */
function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return (listener.addr as Deno.NetAddr).port;
}

/** Whether a server shows a certificate that an authority vouches for. */
async function trusted(port: number, name: string, root: string): Promise<boolean> {
  try {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    using tls = await Deno.startTls(connection, { hostname: name, caCerts: [root] });
    await within("the handshake", tls.handshake(), 3_000);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.InvalidData) return false;
    throw error;
  }
}

/** Sees that the metrics say when the certificate ends, to a minute. */
async function expiry(url: string, token: string, root: string, until: number): Promise<void> {
  using client = Deno.createHttpClient({ caCerts: [root] });
  const headers = { Authorization: `Bearer ${token}` };
  const text = await (await fetch(`${url}/metrics`, { client, headers })).text();
  const [, seconds] = /^chatbox50_certificate_expiry_seconds (\S+)$/m.exec(text) ?? [];
  equal(Math.abs(Number(seconds) * 1000 - until) < 60_000, true, seconds);
}

/** Between two certificates nobody listens for a moment. */
async function served(server: ServerProcess): Promise<void> {
  await server.logs.until(
    "the new certificate",
    (lines) => lines.some(({ message }) => message === "Serving the new certificate"),
  );
}

Deno.test(
  "End to end: certificate files are served, and again when they change for the better",
  RELAXED,
  async () => {
    await using world = await World.start();
    const [first, second] = await Promise.all([TestAuthority.create(), TestAuthority.create()]);
    const write = async ({ cert, key }: { cert: string; key: string }): Promise<void> => {
      await Deno.writeTextFile(`${world.folder}/cert.pem`, cert);
      await Deno.writeTextFile(`${world.folder}/key.pem`, key);
    };
    await write(await first.issue("localhost", "127.0.0.1"));
    const port = freePort();
    const token = "let-me-read-the-numbers";
    const env = { PORT: String(port), TLS_CERT: "cert.pem", TLS_KEY: "key.pem", METRICS_TOKEN: token };
    const server = await world.server(env);
    match(await server.url(), /^https:/);
    using client = Deno.createHttpClient({ caCerts: [first.root, second.root] });
    const healthy = async (): Promise<string> => {
      // A connection of its own: one that is open already keeps the certificate that it began with.
      using fresh = Deno.createHttpClient({ caCerts: [first.root, second.root] });
      const answer = fetch(`https://localhost:${port}/healthz`, { client: fresh });
      return await (await within("an answer", answer)).text();
    };
    equal(await healthy(), "ok\n");
    equal(await trusted(port, "localhost", first.root), true);

    // As Prometheus asks from elsewhere, by the certificate's name.
    const asked = async (headers: Record<string, string>): Promise<number> => {
      const elsewhere = { "X-Forwarded-For": "203.0.113.7", ...headers };
      const answer = await fetch(`https://localhost:${port}/metrics`, { client, headers: elsewhere });
      await answer.body?.cancel();
      return answer.status;
    };
    deepEqual([await asked({}), await asked({ Authorization: `Bearer ${token}` })], [401, 200]);

    const socket = new WebSocket(`wss://localhost:${port}/ws`, { client } as unknown as string[]);
    const closed = new Promise<number>((resolve) =>
      socket.addEventListener("close", ({ code }) => resolve(code))
    );
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Error("the socket did not open")));
    });

    socket.send(JSON.stringify({ type: "hello", v: 1, session: null, after: 0 }));

    // Half a change, as in the moment between two writes, is no change.
    const next = await second.issue("localhost", "127.0.0.1");
    await Deno.writeTextFile(`${world.folder}/cert.pem`, next.cert);
    await server.logs.until(
      "the refusal",
      (lines) => lines.some(({ message }) => message.startsWith("Cannot use the changed certificate")),
    );
    equal(await trusted(port, "localhost", first.root), true);
    await write(next);
    await server.logs.until(
      "the change",
      (lines) => lines.some(({ message }) => message === "The certificate has changed"),
    );
    equal(await within("the close", closed), 1012);
    await served(server);
    equal(await healthy(), "ok\n");
    equal(await trusted(port, "localhost", second.root), true);
    equal(await trusted(port, "localhost", first.root), false);
    await expiry(`https://localhost:${port}`, token, second.root, Date.now() + 86_400_000);
  },
);

Deno.test(
  "End to end: check fails by an expired certificate, warns of a wrong name, and says until when a good one counts",
  RELAXED,
  async () => {
    await using world = await World.start();
    const authority = await TestAuthority.create();
    const env = { TLS_CERT: "cert.pem", TLS_KEY: "key.pem", PUBLIC_URL: "https://chat.example.com" };
    const write = async ({ cert, key }: { cert: string; key: string }): Promise<void> => {
      await Deno.writeTextFile(`${world.folder}/cert.pem`, cert);
      await Deno.writeTextFile(`${world.folder}/key.pem`, key);
    };
    const checked = async (...names: readonly string[]): Promise<readonly [number, string]> => {
      await write(await authority.issue(...names));
      const { code, stdout } = await world.command(["check"], env);
      return [code, /^.*Certificate: .*$/m.exec(stdout)?.[0] ?? ""];
    };
    for (const name of ["chat.example.com", "*.example.com"]) {
      const [code, line] = await checked(name);
      equal(code, 0);
      match(
        line,
        /^ok {4}Certificate: cert\.pem and key\.pem belong together, until \d{4}-\d\d-\d\dT[\d:.]+Z$/,
      );
    }
    for (const name of ["other.example", "*.com"]) {
      deepEqual(await checked(name), [
        0,
        `warn  Certificate: cert.pem is for ${name}, and PUBLIC_URL names chat.example.com`,
      ]);
    }
    await write(await authority.issueFor(-1_000, "chat.example.com"));
    const { code, stdout } = await world.command(["check"], env);
    equal(code, 78);
    match(
      stdout,
      /^FAIL {2}Certificate: cert\.pem has expired at \S+Z, and browsers refuse it; put a new one/m,
    );
    // A server that is started again goes on: what renews the files may be about to.
    const server = await world.server(env);
    await server.url();
    await server.logs.until(
      "the warning",
      (lines) => lines.some(({ level, reason }) => level === "warn" && /has expired/.test(String(reason))),
    );
  },
);

Deno.test(
  "End to end: certificate files that cannot be used stop the start with one line",
  RELAXED,
  async () => {
    await using world = await World.start();
    const authority = await TestAuthority.create();
    const [one, other] = await Promise.all([authority.issue("localhost"), authority.issue("localhost")]);
    await Deno.writeTextFile(`${world.folder}/cert.pem`, one.cert);
    await Deno.writeTextFile(`${world.folder}/key.pem`, other.key);
    const refused = async (env: Record<string, string>): Promise<readonly [number, string]> => {
      const { code, stderr } = await world.command(["serve"], env);
      return [code, stderr];
    };
    const [mismatch, words] = await refused({ TLS_CERT: "cert.pem", TLS_KEY: "key.pem" });
    equal(mismatch, 78);
    match(words, /^chatbox50: Cannot serve HTTPS with TLS_CERT cert\.pem and TLS_KEY key\.pem: .*\n$/);
    equal((await refused({ TLS_CERT: "cert.pem", TLS_KEY: "none.pem" }))[0], 66);
    deepEqual(await refused({ TLS_CERT: "cert.pem" }), [
      78,
      "chatbox50: TLS_CERT and TLS_KEY belong together: give both, or none of them\n",
    ]);
  },
);

Deno.test(
  "End to end: with DOMAIN the certificate comes by itself, and survives a restart",
  RELAXED,
  async () => {
    await using world = await World.start();
    const [port, httpPort] = [freePort(), freePort()];
    await using acme = await AcmeResponder.start({ httpPort });
    const domain = "chat.example.com";
    const env = {
      PORT: String(port),
      DOMAIN: domain,
      ACME_EMAIL: "admin@example.com",
      ACME_DIRECTORY_URL: acme.directoryUrl,
      ACME_HTTP_PORT: String(httpPort),
    };
    const first = await world.server(env);
    equal(await first.url(), `https://${domain}:${port}`);
    await first.logs.until(
      "the certificate",
      (lines) => lines.some(({ message }) => message === "There is a new certificate"),
    );
    deepEqual([acme.issued, acme.contacts], [[domain], ["mailto:admin@example.com"]]);
    await served(first);
    equal(await trusted(port, domain, acme.authority.root), true);
    const plain = await fetch(`http://127.0.0.1:${httpPort}/page?x=1`, { redirect: "manual" });
    await plain.body?.cancel();
    deepEqual([plain.status, plain.headers.get("Location")], [308, `https://${domain}:${port}/page?x=1`]);
    const gone = await fetch(`http://127.0.0.1:${httpPort}/.well-known/acme-challenge/x`);
    await gone.body?.cancel();
    equal(gone.status, 404);
    equal((await first.stop()).code, 0);
    const { code, stdout } = await world.command(["check"], env);
    equal(code, 0, stdout);
    match(stdout, /^ok {4}Certificate: for chat\.example\.com until .*, to be renewed at .*$/m);

    acme.refuse = true;
    const second = await world.server(env);
    await second.url();
    equal(await trusted(port, domain, acme.authority.root), true);
    equal(acme.issued.length, 1);
  },
);

Deno.test("End to end: while the authority refuses, the server says so and goes on", RELAXED, async () => {
  await using world = await World.start();
  const [port, httpPort] = [freePort(), freePort()];
  await using acme = await AcmeResponder.start({ httpPort });
  acme.refuse = true;
  const server = await world.server({
    PORT: String(port),
    DOMAIN: "chat.example.com",
    ACME_DIRECTORY_URL: acme.directoryUrl,
    ACME_HTTP_PORT: String(httpPort),
  });
  const lines = await server.logs.until(
    "the refusal",
    (lines) => lines.some(({ message }) => message.startsWith("Cannot get a certificate")),
  );
  const line = lines.find(({ message }) => message.startsWith("Cannot get a certificate"));
  match(JSON.stringify(line), /too many certificates already/);
  equal(line?.retryInMs, 900_000);
  equal(await trusted(port, "chat.example.com", acme.authority.root), false);
  notEqual(port, httpPort);
  equal((await server.stop()).code, 0);
});
