import { equal, match } from "node:assert/strict";
import { TestAuthority } from "../support/acme/certificates.ts";
import { within } from "../support/until.ts";
import { RELAXED, World } from "./world.ts";

const ON_LINUX = { ...RELAXED, ignore: Deno.build.os !== "linux" };

const DEPLOY = new URL("../../docs/deploy/", import.meta.url);
const DOMAIN = "chat.example.com";

/** A port that was free just now. */
function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return (listener.addr as Deno.NetAddr).port;
}

/** A proxy as its documentation in docs/deploy has it, on ports of our own. */
interface Proxy extends AsyncDisposable {
  readonly port: number;
}

type StartProxy = (world: World, server: string, authority: TestAuthority) => Promise<Proxy>;

async function run(program: string, args: readonly string[], port: number): Promise<Proxy> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, { args: [...args], stdout: "null", stderr: "piped" }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`${program} is not installed, and this test needs it: apt-get install ${program}`);
  }
  const said = new Response(child.stderr).text();
  const ended = child.status.then(async ({ code }): Promise<never> => {
    throw new Error(`${program} ended with ${code}: ${await said}`);
  });
  await within(`${program} to listen`, Promise.race([ended, listening(port)]));
  return {
    port,
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill("SIGTERM");
      await ended.catch(() => {});
    },
  };
}

async function listening(port: number): Promise<void> {
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
  }
}

const startNginx: StartProxy = async ({ folder }, server, authority) => {
  const port = freePort();
  const { cert, key } = await authority.issue(DOMAIN);
  await Deno.writeTextFile(`${folder}/fullchain.pem`, cert);
  await Deno.writeTextFile(`${folder}/privkey.pem`, key);
  const snippet = (await Deno.readTextFile(new URL("nginx.conf", DEPLOY)))
    .replaceAll("/etc/letsencrypt/live/chat.example.com", folder)
    .replaceAll(/^ *listen \[::\].*$/gm, "")
    .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
    .replace("listen 80", `listen 127.0.0.1:${freePort()}`)
    .replace("http://127.0.0.1:8000", server);
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `daemon off; pid ${folder}/nginx.pid; error_log stderr; events {}
     http {
       access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
       uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       ${snippet}
     }`,
  );
  return await run("nginx", ["-c", `${folder}/nginx.conf`, "-e", "stderr"], port);
};

const startCaddy: StartProxy = async ({ folder }, server, authority) => {
  const port = freePort();
  const { cert, key } = await authority.issue(DOMAIN);
  await Deno.writeTextFile(`${folder}/fullchain.pem`, cert);
  await Deno.writeTextFile(`${folder}/privkey.pem`, key);
  const snippet = (await Deno.readTextFile(new URL("Caddyfile", DEPLOY)))
    // Where there is no Internet, the certificate is a file.
    .replace(`${DOMAIN} {`, `${DOMAIN}:${port} {\n\ttls ${folder}/fullchain.pem ${folder}/privkey.pem`)
    .replace("127.0.0.1:8000", new URL(server).host);
  await Deno.writeTextFile(
    `${folder}/Caddyfile`,
    `{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system ${folder}/caddy\n}\n${snippet}`,
  );
  return await run("caddy", ["run", "--config", `${folder}/Caddyfile`, "--adapter", "caddyfile"], port);
};

for (const [name, start] of [["nginx", startNginx], ["caddy", startCaddy]] as const) {
  Deno.test(
    `End to end: behind ${name} as documented, WebSockets and visitors' addresses get through`,
    ON_LINUX,
    async () => {
      await using world = await World.start();
      const authority = await TestAuthority.create();
      const server = await world.server({
        PUBLIC_URL: `https://${DOMAIN}`,
        METRICS_TOKEN: "let-me-read-the-numbers",
      });
      const url = await server.url();
      await using proxy = await start(world, url, authority);
      const site = `https://${DOMAIN}:${proxy.port}`;
      // The name leads here by a proxy of the test's own: what is said to it goes to the port on this machine.
      using client = Deno.createHttpClient({
        caCerts: [authority.root],
        proxy: { transport: "http", url: await tunnel(world, proxy.port) },
      });
      const page = await fetch(`${site}/`, { client });
      equal(page.status, 200);
      match(page.headers.get("Content-Security-Policy") ?? "", /default-src 'none'/);
      await page.body?.cancel();

      // Outsiders see no metrics, not even with the token.
      const metrics = await fetch(`${site}/metrics`, {
        client,
        headers: { Authorization: "Bearer let-me-read-the-numbers" },
      });
      await metrics.body?.cancel();
      equal(metrics.status, 404);

      const socket = new WebSocket(`wss://${DOMAIN}:${proxy.port}/ws`, {
        client,
        headers: { Origin: `https://${DOMAIN}` },
      } as unknown as string[]);
      const frame = new Promise<string>((resolve, reject) => {
        socket.addEventListener("message", ({ data }) => resolve(data));
        socket.addEventListener(
          "error",
          (event) => reject(new Error(`no WebSocket: ${(event as ErrorEvent).message}`)),
        );
      });
      socket.addEventListener(
        "open",
        () => socket.send(JSON.stringify({ type: "hello", v: 1, session: null, after: 0 })),
      );
      match(await within("the welcome", frame), /"type":"welcome"/);
      const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
      socket.close();
      await within("the close", closed);
    },
  );

  Deno.test(
    `End to end: ${name} as documented tells the visitor's own address, whatever they claim`,
    ON_LINUX,
    async () => {
      await using world = await World.start();
      const authority = await TestAuthority.create();
      // In place of the server: what it would be told.
      await using echo = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        ({ headers }) => Response.json(Object.fromEntries(headers)),
      );
      await using proxy = await start(world, `http://127.0.0.1:${echo.addr.port}`, authority);
      using client = Deno.createHttpClient({
        caCerts: [authority.root],
        proxy: { transport: "http", url: await tunnel(world, proxy.port) },
      });
      const told = await (await fetch(`https://${DOMAIN}:${proxy.port}/`, {
        client,
        headers: { "X-Forwarded-For": "203.0.113.99" },
      })).json();
      equal(String(told["x-forwarded-for"]).split(", ").at(-1), "127.0.0.1");
      equal(told["x-forwarded-proto"], "https");
      match(told.host, new RegExp(`^${DOMAIN}`));
    },
  );
}

const tunnels = new WeakMap<World, string>();

/** An HTTP proxy that connects whatever is asked to one port of this machine, so that a name needs no entry anywhere. */
async function tunnel(world: World, port: number): Promise<string> {
  const known = tunnels.get(world);
  if (known !== undefined) return known;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  void (async () => {
    for await (const connection of listener) void connect(connection, port);
  })();
  const url = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  tunnels.set(world, url);
  listener.unref();
  return await Promise.resolve(url);
}

async function connect(connection: Deno.Conn, port: number): Promise<void> {
  const buffer = new Uint8Array(4096);
  let asked = "";
  while (!asked.includes("\r\n\r\n")) {
    const count = await connection.read(buffer);
    if (count === null) return connection.close();
    asked += new TextDecoder().decode(buffer.subarray(0, count));
  }
  const target = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode("HTTP/1.1 200 Connected\r\n\r\n"));
  await Promise.allSettled([
    connection.readable.pipeTo(target.writable),
    target.readable.pipeTo(connection.writable),
  ]);
}
