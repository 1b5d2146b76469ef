import assert from "node:assert/strict";
import { ConfigError } from "../src/config.ts";
import { message, parse, SECRET } from "./config/parse.ts";

Deno.test("parseConfig gives the documented defaults", () => {
  assert.deepEqual(parse({}), {
    host: "0.0.0.0",
    port: 8000,
    databasePath: "./chatbox50.db",
    discordToken: undefined,
    discordChannelId: undefined,
    discordApiUrl: "https://discord.com/api",
    threadOn: "message",
    notePrefix: "//",
    staffRole: undefined,
    reopen: "message",
    discordPersona: "bot",
    publicUrl: undefined,
    allowedSites: undefined,
    domain: undefined,
    acmeEmail: undefined,
    acmeDirectoryUrl: "https://acme-v02.api.letsencrypt.org/directory",
    acmeHttpPort: 80,
    tlsCert: undefined,
    tlsKey: undefined,
    identitySecret: undefined,
    trustProxy: ["127.0.0.0/8", "::1/128"],
    maxConnections: undefined,
    maxConnectionsPerIp: 20,
    limitMessages: 60,
    limitFrames: 600,
    limitSessions: 60,
    limitUploads: 60,
    maxTransfers: 10,
    transferSeconds: 900,
    maxUnsentMib: 1_000,
    keepFreeMib: 500,
    retentionDays: undefined,
    metricsToken: undefined,
    systemdNotify: "off",
    name: "ChatBox50",
    greeting: undefined,
    logLevel: "info",
    logFormat: undefined,
  });
});

Deno.test("parseConfig prefers a flag to the environment to .env to the default", () => {
  const dotenv = "PORT=1\nNAME=dotenv\nLIMIT_FRAMES=1\n";
  const env = { PORT: "2", NAME: "environment" };
  const config = parse({ args: ["--port=3"], env, dotenv });
  assert.deepEqual(
    [config.port, config.name, config.limitFrames, config.limitUploads],
    [3, "environment", 1, 60],
  );
});

Deno.test("parseConfig listens on 443 by default with a DOMAIN, wherever that is given", () => {
  const DOMAIN = "Chat.Example.com";
  for (const given of [{ env: { DOMAIN } }, { args: ["--domain", DOMAIN] }, { dotenv: `DOMAIN=${DOMAIN}` }]) {
    const { port, domain } = parse(given);
    assert.deepEqual([port, domain], [443, "chat.example.com"]);
  }
  assert.equal(parse({ env: { DOMAIN, PORT: "8443" } }).port, 8443);
  assert.equal(parse({ env: { DOMAIN: "" } }).port, 8000);
});

Deno.test("parseConfig refuses certificates that do not go together", () => {
  for (
    const env of [{ TLS_CERT: "a" }, { TLS_KEY: "a" }, {
      TLS_CERT: "a",
      TLS_KEY: "b",
      DOMAIN: "chat.example.com",
    }]
  ) {
    assert.throws(() => parse({ env }), /TLS_CERT/);
  }
  for (
    const DOMAIN of [
      "localhost",
      "1.2.3.4",
      "*.example.com",
      "chat_x.example.com",
      "https://chat.example.com",
    ]
  ) {
    assert.throws(() => parse({ env: { DOMAIN } }), /DOMAIN/);
  }
});

Deno.test("parseConfig takes an empty value as unset", () => {
  const config = parse({
    args: ["--port="],
    env: { PORT: " ", NAME: "" },
    dotenv: "PORT=5\nNAME=\nGREETING=''",
  });
  assert.deepEqual([config.port, config.name, config.greeting], [5, "ChatBox50", undefined]);
});

Deno.test("parseConfig reads flags in both spellings and refuses everything else", () => {
  assert.equal(parse({ args: ["--port", "81"] }).port, 81);
  assert.equal(parse({ args: ["--port=82"] }).port, 82);
  assert.equal(parse({ args: ["--note-prefix=--"] }).notePrefix, "--");
  assert.equal(message({ args: ["--prot", "8000"] }), 'Unknown flag "--prot", did you mean --port?');
  assert.equal(
    message({ args: ["--xyzzy=s3cret"] }),
    'Unknown flag "--xyzzy"; see --help for the flags that exist',
  );
  assert.match(message({ args: ["-p", "80"] }), /^Unknown flag "-p"/);
  assert.match(message({ args: ["--PORT", "80"] }), /^Unknown flag "--PORT"/);
  assert.match(message({ args: ["--port"] }), /^Flag --port needs a value/);
  assert.match(message({ args: ["--port", "--host=::"] }), /^Flag --port needs a value/);
  assert.match(message({ args: ["--port=1", "--port=2"] }), /^Flag --port is given twice/);
  assert.match(message({ args: ["8000"] }), /^Argument 1 is not a flag/);
  assert.match(message({ args: ["--__proto__=1"] }), /^Unknown flag/);
});

Deno.test("parseConfig passes over foreign variables of the environment but not of .env", () => {
  assert.equal(parse({ env: { PATH: "/bin", PROT: "1" } }).port, 8000);
  assert.equal(
    message({ dotenv: "# comment\n\nDISCORD_TOKN=s3cret" }),
    '.env line 3 sets unknown key "DISCORD_TOKN", did you mean DISCORD_TOKEN?',
  );
  assert.equal(message({ dotenv: "port=80" }), '.env line 1 sets unknown key "port", did you mean PORT?');
  assert.match(message({ dotenv: "constructor=80" }), /unknown key "constructor"; see --help/);
});

Deno.test("parseConfig reads quotes, comments, export and line ends in .env", () => {
  const dotenv = [
    '\uFEFFexport NAME = "Shop #1" # the name',
    'GREETING="Hi\\nthere"',
    "NOTE_PREFIX='#'",
    "PORT=81 # port",
    "",
    "  # THREAD_ON=never",
    "THREAD_ON=`access`",
  ].join("\r\n");
  const config = parse({ dotenv });
  assert.deepEqual([config.name, config.greeting, config.notePrefix, config.port, config.threadOn], [
    "Shop #1",
    "Hi\nthere",
    "#",
    81,
    "access",
  ]);
  assert.equal(parse({ dotenv: 'NAME="a" # "b"' }).name, "a");
});

Deno.test("parseConfig refuses a .env that it cannot read completely, without repeating the line", () => {
  assert.equal(message({ dotenv: `PORT=1\nDISCORD_TOKEN ${SECRET}` }), ".env line 2 is not KEY=value");
  assert.equal(message({ dotenv: 'NAME="a' }), '.env line 1: the quotes of "NAME" do not match');
  assert.equal(message({ dotenv: 'NAME="a"b"' }), '.env line 1: the quotes of "NAME" do not match');
  assert.equal(message({ dotenv: "PORT=1\n\nPORT=2" }), '.env line 3 sets "PORT" again, after line 1');
});

Deno.test("parseConfig says everything that is wrong with a file at once, whatever its lines look like", () => {
  const dotenv = 'POTR=1\nTHREAD_ON=never\nPORT=1\nPORT=2\nnonsense\nNAME="a\nRETENTION_DAYS=x';
  assert.throws(() => parse({ dotenv }), (error: unknown) => {
    assert(error instanceof ConfigError);
    assert.deepEqual(error.problems.map((problem) => problem.replace(/;.*/, "")), [
      '.env line 4 sets "PORT" again, after line 3',
      ".env line 5 is not KEY=value",
      '.env line 6: the quotes of "NAME" do not match',
      '.env line 1 sets unknown key "POTR", did you mean PORT?',
      'THREAD_ON (.env line 2) is "never"',
      'RETENTION_DAYS (.env line 7) is "x"',
    ]);
    return true;
  });
});

Deno.test("parseConfig names key, origin, value and what is allowed when a value is bad", () => {
  const allowed = "allowed: a whole number from 0 to 65535";
  assert.equal(message({ args: ["--port", "x"] }), `PORT (flag --port) is "x"; ${allowed}`);
  assert.equal(message({ env: { PORT: "65536" } }), `PORT (environment) is "65536"; ${allowed}`);
  assert.equal(message({ dotenv: "\nPORT=1e3" }), `PORT (.env line 2) is "1e3"; ${allowed}`);
});

Deno.test("[S5] parseConfig never repeats a secret, wherever it stands", () => {
  const bad = `Bot ${SECRET}`;
  for (
    const input of [
      { args: [`--discord-token=${bad}`] },
      { args: [`--discord-tokn=${SECRET}`] },
      { args: [SECRET] },
      { env: { DISCORD_TOKEN: bad } },
      { env: { DISCORD_TOKEN_FILE: "/t" }, readFile: () => `${SECRET}\n${SECRET}` },
      { dotenv: `DISCORD_TOKEN="${bad}"` },
      { dotenv: `DISCORD_TOKEN: ${SECRET}` },
      // under the wrong key
      { env: { DISCORD_CHANNEL_ID: "c2VjcmV0LXRva2Vu00.abcdef.0123456789abcdefghij" } },
      { env: { PUBLIC_URL: `https://user:${SECRET}@example.com` } },
    ]
  ) {
    const text = message(input);
    assert(!/c2VjcmV0|0123456789/.test(text), text);
  }
});

Deno.test("parseConfig reads a secret from a file", () => {
  const read: string[] = [];
  const readFile = (path: string): string => {
    read.push(path);
    return `\uFEFF  ${SECRET}\n`;
  };
  assert.equal(parse({ env: { DISCORD_TOKEN_FILE: "/run/token" }, readFile }).discordToken, SECRET);
  assert.equal(
    parse({ args: ["--discord-token-file=f"], env: { DISCORD_TOKEN: "other" }, readFile }).discordToken,
    SECRET,
  );
  assert.equal(
    parse({ env: { DISCORD_TOKEN: "mine" }, dotenv: "DISCORD_TOKEN_FILE=/x", readFile }).discordToken,
    "mine",
  );
  assert.deepEqual(read, ["/run/token", "f"]);
});

Deno.test("parseConfig says why a secret's file is of no use", () => {
  const env = { DISCORD_TOKEN_FILE: "/no\nwhere" };
  const missing = (): string => {
    throw new Deno.errors.NotFound(`no ${SECRET}`);
  };
  assert.equal(
    message({ env, readFile: missing }),
    'DISCORD_TOKEN_FILE (environment) names "/no\\nwhere", which cannot be read: there is no such file',
  );
  assert.match(message({ env, readFile: () => " \n" }), /which is empty$/);
  assert.match(
    message({ env, readFile: () => "two words" }),
    /whose content has a value that is not allowed; allowed: one line/,
  );
  assert.match(
    message({ env: { ...env, DISCORD_TOKEN: "x" } }),
    /^DISCORD_TOKEN \(environment\) and DISCORD_TOKEN_FILE \(environment\) are both given/,
  );
});
