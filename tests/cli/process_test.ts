// The command line in a process of its own, whose codes, output and files count.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TestAuthority } from "../support/acme/certificates.ts";
import { TOKEN } from "./fake_host.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function spawn(
  args: readonly string[],
  env: Record<string, string> = {},
  dotenv?: string,
): Promise<Outcome> {
  const directory = await Deno.makeTempDir();
  try {
    if (dotenv !== undefined) await Deno.writeTextFile(`${directory}/.env`, dotenv);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-net",
        "--allow-read",
        "--allow-write",
        "--allow-env",
        "--allow-sys",
        MAIN,
        ...args,
      ],
      cwd: directory,
      env: { DISCORD_TOKEN: "", ...env, NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const left = [...Deno.readDirSync(directory)].map((entry) => entry.name).filter((name) =>
      name !== ".env"
    );
    assert.deepEqual(left, [], "left files behind");
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("main ends with the documented codes, one line each, and writes no file", async () => {
  const [help, version, command, flag, dotenv, token] = await Promise.all([
    spawn(["--help"]),
    spawn(["version"]),
    spawn(["frobnicate"]),
    spawn(["--port", "70000"]),
    spawn([], { DISCORD_TOKEN: TOKEN }, "PORTT=1\n"),
    spawn([]),
  ]);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^ChatBox50 /);
  assert.deepEqual([version.code, version.stderr], [0, ""]);
  assert.deepEqual([command.code, command.stderr.split("\n").length], [64, 2]);
  assert.equal(flag.code, 78);
  assert.equal(
    flag.stderr,
    'chatbox50: PORT (flag --port) is "70000"; allowed: a whole number from 0 to 65535\n',
  );
  assert.equal(dotenv.code, 78);
  assert.equal(dotenv.stderr, 'chatbox50: .env line 1 sets unknown key "PORTT", did you mean PORT?\n');
  assert.deepEqual([token.code, token.stderr.trimEnd().split("\n").length], [78, 5]);
});

Deno.test("--config names a file that counts instead of .env, and refuses what it does not know", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const named = `${folder}/chatbox50.conf`;
    await Deno.writeTextFile(named, "PORTT=1\nRETENTION_DAYS=many\n");
    const mistyped = await spawn(["check", "--config", named]);
    assert.equal(mistyped.code, 78);
    assert.equal(
      mistyped.stdout,
      `FAIL  Configuration: "${named}" line 1 sets unknown key "PORTT", did you mean PORT?
FAIL  Configuration: RETENTION_DAYS ("${named}" line 2) is "many"; allowed: a whole number from 1 to 36500
-     Database, address, Discord: not looked at before the configuration is right
`,
    );
    assert.deepEqual(await spawn(["serve", "--config", named]), {
      code: 78,
      stdout: "",
      stderr: `chatbox50: "${named}" line 1 sets unknown key "PORTT", did you mean PORT?\n`,
    });
    // .env would be refused, if anybody read it
    await Deno.writeTextFile(named, "HOST=127.0.0.1\nPORT=0\nDATABASE_PATH=named.db\n");
    const whole = await spawn(["check", "--config", named], { PORT: "" }, "PORTT=1\n");
    assert.match(whole.stdout, /^ok {4}Configuration: .*\nok {4}Database: named\.db will be made/);
    const missing = await spawn(["stats", "--config", `${folder}/none`]);
    assert.deepEqual([missing.code, missing.stderr], [
      78,
      `chatbox50: --config names "${folder}/none", which cannot be read: there is no such file\n`,
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("check and serve agree on what a start needs of this machine, and serve leaves no file behind", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String((taken.addr as Deno.NetAddr).port);
  const authority = await TestAuthority.create();
  const [one, other] = await Promise.all([authority.issue("localhost"), authority.issue("localhost")]);
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/cert.pem`, one.cert);
    await Deno.writeTextFile(`${folder}/key.pem`, one.key);
    await Deno.writeTextFile(`${folder}/other.pem`, other.key);
    const certificate = { TLS_CERT: `${folder}/cert.pem`, TLS_KEY: `${folder}/key.pem` };
    const domain = { DOMAIN: "chat.example.com", PORT: "0", ACME_DIRECTORY_URL: "http://127.0.0.1:9/" };
    for (
      const [env, code, words] of [
        [
          { PORT: port },
          69,
          `Address: Cannot listen on 127.0.0.1:${port}: another program does; set PORT to `,
        ],
        [
          { HOST: "no-such-host.invalid" },
          69,
          "Address: Cannot listen on no-such-host.invalid:0: HOST is a name",
        ],
        [
          { ...domain, ACME_HTTP_PORT: port },
          69,
          `proof: Cannot listen on 127.0.0.1:${port}: another program does; set ACME_HTTP_PORT to `,
        ],
        [{ ...certificate, TLS_KEY: `${folder}/none.pem` }, 66, "Certificate: Cannot read TLS_CERT"],
        [
          { ...certificate, TLS_KEY: `${folder}/other.pem` },
          78,
          "Certificate: Cannot serve HTTPS with TLS_CERT",
        ],
        [{ DATABASE_PATH: folder }, 73, `Database: Cannot open the database ${folder}: it is a directory`],
      ] as const
    ) {
      const whole = { HOST: "127.0.0.1", PORT: "0", DISCORD_API_URL: "http://127.0.0.1:9", ...env };
      const [checked, served] = await Promise.all([
        spawn(["check"], whole),
        spawn(["serve"], { ...whole, DISCORD_TOKEN: TOKEN }),
      ]);
      const [, fail = ""] = /^FAIL {2}(.*)$/m.exec(checked.stdout) ?? [];
      assert(fail.includes(words), checked.stdout + checked.stderr);
      assert.deepEqual([checked.code, served.code], [code, code], served.stderr);
      assert.equal(served.stderr, `chatbox50: ${fail.slice(fail.indexOf("Cannot "))}\n`);
    }
  } finally {
    taken.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("check takes an empty database file for none, as serve does", async () => {
  const file = await Deno.makeTempFile();
  try {
    const { stdout } = await spawn(["check"], { DATABASE_PATH: file, HOST: "127.0.0.1", PORT: "0" });
    assert(
      stdout.includes(`ok    Database: ${file}, which is empty, will be made at the first start`),
      stdout,
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("the real process survives what nobody handled and ends with 0 on a signal", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-env",
      "--allow-read",
      fileURLToPath(new URL("../support/faulty_main.ts", import.meta.url)),
    ],
    stdout: "piped",
    stderr: "piped",
    stdin: "null",
    env: { DISCORD_TOKEN: TOKEN, LOG_FORMAT: "json" },
  }).spawn();
  const errors = new Response(child.stderr).text();
  // says "alive" once both faults are behind it
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, "alive\n");
  child.kill("SIGTERM");
  await reader.cancel();
  assert.equal((await child.status).code, 0);
  const lines = (await errors).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ message, kind, error }) => [message, kind, error?.message]), [
    ["Unhandled error", "exception", "thrown in a timer"],
    ["Unhandled error", "rejection", "rejected"],
    ["Stopping", undefined, undefined],
  ]);
});
