import assert from "node:assert/strict";
import fc from "fast-check";
import { type Config, ConfigError, type ConfigInput, OPTION_KEYS, parseConfig } from "../src/config.ts";
import { didYouMean, quote } from "../src/config/config_error.ts";
import { configHelp, configTableMarkdown } from "../src/config/help.ts";
import { flagOf, type OptionKey, propertyOf } from "../src/config/options.ts";

const SECRET = "c2VjcmV0LXRva2Vu.abcdef.0123456789";

function parse(input: Partial<ConfigInput>): Config {
  return parseConfig({ args: [], env: {}, readFile: () => assert.fail("read a file"), ...input });
}

function message(input: Partial<ConfigInput>): string {
  try {
    parse(input);
  } catch (error) {
    assert(error instanceof ConfigError, `not a ConfigError: ${error}`);
    assert.doesNotMatch(error.message, /[\p{Cc}\u2028\u2029]/u);
    return error.message;
  }
  assert.fail("was accepted");
}

const valueOf = (key: OptionKey, text: string): unknown =>
  new Map(Object.entries(parse({ env: { [key]: text } }))).get(propertyOf(key));

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

const VALUES: readonly (readonly [OptionKey, readonly (readonly [string, unknown])[], readonly string[]])[] =
  [
    ["HOST", [["::1", "::1"], ["[::]", "::"], ["chat.example.com", "chat.example.com"], [
      "localhost",
      "localhost",
    ]], [
      "1.2.3.400",
      "a b",
      "http://x",
      "x:80",
      "[x]",
      "-x",
      "a..b",
    ]],
    ["PORT", [["0", 0], ["65535", 65535], ["080", 80]], [
      "-1",
      "65536",
      "8e3",
      "0x50",
      "80.5",
      "٣",
      "Infinity",
    ]],
    ["DATABASE_PATH", [["/var/lib/ä b.db", "/var/lib/ä b.db"]], ["a\nb", "a\0b"]],
    // beyond what a JavaScript number holds: [X9] must come through digit by digit
    ["DISCORD_CHANNEL_ID", [["1234567890123456789", "1234567890123456789"]], [
      "1234567890123456789n",
      "18446744073709551616",
      "0123",
      "-1",
      "#chat",
    ]],
    ["DISCORD_API_URL", [
      ["http://127.0.0.1:4000", "http://127.0.0.1:4000"],
      ["http://127.0.0.1:4000/api//", "http://127.0.0.1:4000/api"],
      ["https://discord.com/api/v10/", "https://discord.com/api"],
    ], [
      "discord.com/api",
      "ftp://x",
      "https://",
      "https://discord.com/api/v9",
      "http://u:p@x",
      "http://x?y",
    ]],
    ["THREAD_ON", [["access", "access"], ["MESSAGE", "message"]], ["never", "access,message"]],
    ["STAFF_ROLE", [["Support", "Support"], [" 123 ", "123"]], ["x".repeat(101), "a\nb"]],
    ["REOPEN", [["message", "message"], ["STAFF", "staff"]], ["never", "yes"]],
    ["DISCORD_PERSONA", [["bot", "bot"], ["Webhook", "webhook"]], ["user", "1"]],
    ["NOTE_PREFIX", [["#", "#"], [" !n ", "!n"]], ["x".repeat(21), "a\nb"]],
    ["PUBLIC_URL", [["https://Chat.Example.com/", "https://chat.example.com"], [
      "https://x/a/",
      "https://x/a",
    ]], [
      "chat.example.com",
      "javascript:alert(1)",
      "https://x/#a",
      "https://a b",
    ]],
    ["ALLOWED_SITES", [
      ["https://Example.com/", ["https://example.com"]],
      ["https://a.com, http://localhost:*,*.b.com:8443 ,a.com,https://a.com", [
        "https://a.com",
        "http://localhost:*",
        "*.b.com:8443",
        "a.com",
      ]],
      ["https://*.bücher.example", ["https://*.xn--bcher-kva.example"]],
      ["http://127.0.0.1:8000", ["http://127.0.0.1:8000"]],
    ], [
      "*",
      "https://*",
      "https://*.com:99999",
      "*.localhost",
      "https://a.com/path",
      "https://a.com; script-src *",
      "'self'",
      "a.com,,b.com",
      "ws://a.com",
      "data:",
      "https://a.*.com",
      "https://u@a.com",
      "https://1.2.3.400",
      "*.1.2.3.4",
    ]],
    ["TRUST_PROXY", [
      ["none", []],
      ["Loopback", ["127.0.0.0/8", "::1/128"]],
      ["10.0.0.0/8, 2001:DB8::/32", ["10.0.0.0/8", "2001:db8::/32"]],
      ["192.0.2.1", ["192.0.2.1/32"]],
      ["loopback,192.0.2.0/24", ["127.0.0.0/8", "::1/128", "192.0.2.0/24"]],
    ], [
      "all",
      "true",
      "10.0.0.0/33",
      "::/129",
      "10.0.0/8",
      "10.0.0.0/08",
      "none,loopback",
      "10.0.0.0/8,",
      "1",
    ]],
    ["MAX_CONNECTIONS", [["1", 1], ["100000", 100000]], ["0", "-5", "many"]],
    ["MAX_CONNECTIONS_PER_IP", [["0", 0]], ["-1", "1.5"]],
    ["LIMIT_MESSAGES", [["0", 0], ["1000000000", 1e9]], ["-1", "1000000001", "9".repeat(30)]],
    ["NAME", [["Café 👩‍👩‍👧", "Café 👩‍👩‍👧"]], ["a\u202Eb", "a\tb", "x".repeat(81)]],
    ["GREETING", [["a\r\nb", "a\nb"]], ["a\x1b[2J", "x".repeat(2001)]],
    ["LOG_LEVEL", [["debug", "debug"], ["WARN", "warn"]], ["verbose"]],
    ["LOG_FORMAT", [["json", "json"]], ["xml"]],
    ["METRICS_TOKEN", [["0123456789abcdef", "0123456789abcdef"]], [
      "a",
      "0123456789abcde",
      "0123456789 abcdef",
    ]],
    ["DISCORD_TOKEN", [[SECRET, SECRET]], ["Bot x", "a\nb", "ä"]],
  ];

for (const [key, good, bad] of VALUES) {
  Deno.test(`parseConfig takes what ${key} allows and nothing else`, () => {
    for (const [text, value] of good) assert.deepEqual(valueOf(key, text), value, text);
    for (const text of bad) {
      assert.match(message({ env: { [key]: text } }), new RegExp(`^${key} \\(environment\\) `), text);
    }
  });
}

Deno.test("[X9] parseConfig keeps a channel id as text", () => {
  fc.assert(fc.property(fc.bigInt(1n, 2n ** 64n - 1n), (id) => {
    assert.equal(valueOf("DISCORD_CHANNEL_ID", String(id)), String(id));
  }));
});

Deno.test("parseConfig throws nothing but ConfigErrors of one line, whatever comes", () => {
  const keys = fc.constantFrom<string>(...OPTION_KEYS, "DISCORD_TOKEN_FILE", "PROT", "__proto__", "");
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.constantFrom("0", "::", "*", "a.b", "\n", "-", '"'),
  );
  const flag = fc.oneof(fc.tuple(keys, text).map(([key, value]) => `--${flagOf(key)}=${value}`), text);
  const line = fc.oneof(fc.tuple(keys, text).map(([key, value]) => `${key}=${value}`), text);
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.array(flag, { maxLength: 2 }),
      fc.dictionary(keys, text, { maxKeys: 3 }),
      fc.array(line, { maxLength: 3 }).map((lines) => lines.join("\n")),
      text,
      (args, env, dotenv, content) => {
        try {
          parseConfig({ args, env, dotenv, readFile: () => content });
          accepted++;
        } catch (error) {
          assert(error instanceof ConfigError, String(error));
          assert.doesNotMatch(error.message, /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
        }
      },
    ),
    { numRuns: 2000 },
  );
  assert(accepted > 0);
});

Deno.test("parseConfig's accepted values are accepted again and mean the same", () => {
  const sites = fc.array(fc.webAuthority({ withPort: true }), { minLength: 1, maxLength: 3 });
  fc.assert(fc.property(sites, (authorities) => {
    const text = authorities.join(",");
    let once: unknown;
    try {
      once = valueOf("ALLOWED_SITES", text);
    } catch {
      return;
    }
    assert(Array.isArray(once));
    for (const each of once) assert.match(String(each), /^[a-z0-9.*:_-]+$/);
    assert.deepEqual(valueOf("ALLOWED_SITES", once.join(",")), once);
  }));
});

Deno.test("didYouMean suggests near misses only", () => {
  assert.equal(didYouMean("PROT", ["HOST", "PORT"]), ", did you mean PORT?");
  assert.equal(didYouMean("PR0T", ["HOST", "PORT"]), "");
  assert.equal(didYouMean("DATABSE_PATH", ["HOST", "DATABASE_PATH"]), ", did you mean DATABASE_PATH?");
  assert.equal(didYouMean("x", ["y"]), "");
});

Deno.test("quote keeps text on one line and short", () => {
  assert.equal(quote('a"b\n\u2028\u202e\x7f'), '"a\\"b\\n\\u{2028}\\u{202e}\\u{7f}"');
  assert.equal(quote("x".repeat(81)), `"${"x".repeat(80)}..."`);
});

Deno.test("configHelp and configTableMarkdown list every option once", () => {
  for (const key of OPTION_KEYS) {
    assert.equal(configHelp().split("\n").filter((line) => line.endsWith(` ${key}`)).length, 1, key);
    assert.equal(
      configTableMarkdown().split("\n").filter((row) => row.startsWith(`| \`${key}\``)).length,
      1,
      key,
    );
  }
  for (const row of configTableMarkdown().split("\n")) assert.equal(row.split(/(?<!\\)\|/).length, 6, row);
});
