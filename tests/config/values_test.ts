import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfigError, OPTION_KEYS, parseConfig } from "../../src/config.ts";
import { flagOf, type OptionKey } from "../../src/config/options.ts";
import { message, SECRET, valueOf } from "./parse.ts";

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
