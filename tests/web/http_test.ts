import { deepEqual, equal, match, ok } from "node:assert/strict";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { Assets } from "../../src/web/assets.ts";
import { chooseLocale } from "../../src/client/locales/mod.ts";
import { PAGE_LOCALES } from "../../src/web/page_locale.ts";
import { TestAuthority } from "../support/acme/certificates.ts";
import { Log } from "../support/log.ts";
import { startServer } from "./web_server.ts";
import { ask, PATHS } from "./ask.ts";
import { socketTest } from "./server_test_case.ts";

for (const path of PATHS) {
  socketTest(`[S1] HTTP sends the security headers with ${path}`, async ({ url }) => {
    for (const method of ["GET", "HEAD", "POST", "OPTIONS"]) {
      const { headers } = await ask(url, path, {}, method);
      equal(headers.get("X-Content-Type-Options"), "nosniff");
      equal(headers.get("Referrer-Policy"), "no-referrer");
      match(String(headers.get("Permissions-Policy")), /camera=\(\).*microphone=\(\)/);
      match(String(headers.get("Cross-Origin-Resource-Policy")), /^(same|cross)-origin$/);
      const policy = String(headers.get("Content-Security-Policy"));
      match(policy, /^default-src 'none';/);
      match(policy, /frame-ancestors 'self' https:\/\/shop\.example$/);
      // No script or style of the page's own, and nothing of another host's: that would learn who reads.
      equal(/unsafe|\*|data:|https?:(?!\/\/shop)/.test(policy), false, policy);
      equal(headers.get("Server"), null);
      equal(headers.get("X-Powered-By"), null);
      equal(headers.get("Strict-Transport-Security"), null);
      equal(headers.get("Set-Cookie"), null);
      ok(headers.get("Cache-Control") !== null || !["GET", "HEAD"].includes(method) || path === "/ws", path);
    }
  }, { allowedSites: ["https://shop.example"] });
}

socketTest(
  "HTTP asks browsers to stay with TLS when a trusted proxy says they came by it",
  async ({ url }) => {
    const { headers } = await ask(url, "/", { "X-Forwarded-Proto": "https" });
    equal(headers.get("Strict-Transport-Security"), "max-age=31536000");
    equal((await ask(url, "/")).headers.get("Strict-Transport-Security"), null);
  },
  { trustedProxies: ["127.0.0.0/8"] },
);

socketTest(
  "HTTP asks browsers to stay with TLS when PUBLIC_URL has it, and believes no stranger",
  async ({ url }) => {
    equal((await ask(url, "/")).headers.get("Strict-Transport-Security"), "max-age=31536000");
  },
  { publicUrl: "https://chat.example" },
);

Deno.test({
  name: "HTTP asks browsers to stay with TLS when the server itself speaks it",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(): Promise<void> {
    const authority = await TestAuthority.create();
    await using server = await startServer({ certificate: await authority.issue("localhost", "127.0.0.1") });
    using client = Deno.createHttpClient({ caCerts: [authority.root] });
    for (const path of ["/", "/none", "/static/dist/page.css"]) {
      const { headers, body } = await fetch(`https://localhost:${new URL(server.url).port}${path}`, {
        client,
      });
      await body?.cancel();
      equal(headers.get("Strict-Transport-Security"), "max-age=31536000");
    }
  },
});

socketTest("HTTP believes no stranger who says that there was TLS", async ({ url }) => {
  equal(
    (await ask(url, "/", { "X-Forwarded-Proto": "https" })).headers.get("Strict-Transport-Security"),
    null,
  );
});

for (const path of ["/", "/embed", "/widget.js", "/static/dist/page.css", "/static/dist/page.js"]) {
  socketTest(
    `HTTP sends ${path} compressed, the same in every encoding, and its headers alone to HEAD`,
    async ({ url }) => {
      const plain = await ask(url, path);
      equal(plain.headers.get("Content-Encoding"), null);
      const tags = new Set([plain.headers.get("ETag")]);
      for (
        const [accepted, encoding, decode] of [
          ["gzip, deflate, br", "br", brotliDecompressSync],
          ["gzip, br;q=0", "gzip", gunzipSync],
          ["GZIP", "gzip", gunzipSync],
        ] as const
      ) {
        const coded = await ask(url, path, { "Accept-Encoding": accepted });
        equal(coded.headers.get("Content-Encoding"), encoding);
        deepEqual(new Uint8Array(decode(coded.bytes)), plain.bytes);
        ok(coded.bytes.length < plain.bytes.length * 0.6);
        equal(Number(coded.headers.get("Content-Length")), coded.bytes.length);
        match(String(coded.headers.get("Vary")), /Accept-Encoding/);
        match(String(coded.headers.get("ETag")), /^"[0-9a-f]{16}-(?:br|gzip)"$/);
        tags.add(coded.headers.get("ETag"));
        const head = await ask(url, path, { "Accept-Encoding": accepted }, "HEAD");
        head.headers.delete("Date");
        coded.headers.delete("Date");
        deepEqual([head.status, [...head.headers], head.bytes.length], [200, [...coded.headers], 0]);
      }
      equal(tags.size, 3);
    },
  );

  socketTest(`HTTP answers 304 for ${path} when the browser has it in that encoding`, async ({ url }) => {
    const gzip = { "Accept-Encoding": "gzip" };
    const first = await ask(url, path, gzip);
    const etag = String(first.headers.get("ETag"));
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      for (const method of ["GET", "HEAD"]) {
        const again = await ask(url, path, { ...gzip, "If-None-Match": known }, method);
        deepEqual([again.status, again.bytes.length], [304, 0]);
        for (const name of ["ETag", "Cache-Control", "Vary"]) {
          equal(again.headers.get(name), first.headers.get(name));
        }
      }
    }
    equal((await ask(url, path, { "Accept-Encoding": "br", "If-None-Match": etag })).status, 200);
    equal((await ask(url, path, { ...gzip, "If-None-Match": '"other"' })).status, 200);
  });
}

socketTest("HTTP lets assets be kept for ever by their hash, and only so", async ({ url }) => {
  const page = new TextDecoder().decode((await ask(url, "/")).bytes);
  const pinned = [...page.matchAll(/"(\/static\/[^"]+)"/g)].map(([, path]) => String(path));
  ok(pinned.length >= 3);
  for (const path of pinned) {
    match(path, /\?v=[0-9a-f]{16}$/);
    equal((await ask(url, path)).headers.get("Cache-Control"), "public, max-age=31536000, immutable");
    equal((await ask(url, path.replace(/v=.*/, "v=0"))).headers.get("Cache-Control"), "no-cache");
  }
  equal((await ask(url, "/")).headers.get("Cache-Control"), "no-cache");
});

socketTest("HTTP lets other sites load the loader and frame the page, and nothing else", async ({ url }) => {
  const policies = await Promise.all(
    ["/widget.js", "/embed", "/static/dist/page.css", "/healthz"].map(async (path) =>
      (await ask(url, path)).headers.get("Cross-Origin-Resource-Policy")
    ),
  );
  deepEqual(policies, ["cross-origin", "cross-origin", "same-origin", "same-origin"]);
});

for (
  const [header, locale] of [
    [undefined, "en"],
    ["", "en"],
    ["fr, xx", "en"],
    ["de-AT,de;q=0.9,en;q=0.8", "de"],
    ["fr;q=0.9, ar-EG;q=0.5, en;q=0.1", "ar"],
    ["en;q=0.5, JA", "ja"],
    ["ja;q=0, de;q=0.1", "de"],
    [";;;q=x,,", "en"],
  ] as const
) {
  socketTest(`HTTP gives the page in ${locale} to Accept-Language: ${header}`, async ({ url }) => {
    const { headers, bytes } = await ask(url, "/", header === undefined ? {} : { "Accept-Language": header });
    const { dir } = chooseLocale([locale], []);
    // From the first byte on: screen readers and the layout do not wait for a script.
    match(
      new TextDecoder().decode(bytes),
      new RegExp(`^<!doctype html>\\s*<html lang="${locale}" dir="${dir}">`),
    );
    equal(headers.get("Content-Language"), locale);
    const config = /name="chatbox50" content="([^"]*)"/.exec(new TextDecoder().decode(bytes))?.[1] ?? "";
    deepEqual(
      JSON.parse(
        config.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll(
          "&amp;",
          "&",
        ),
      ),
      {
        name: `<b>"$&"</b>`,
        greeting: null,
        locale,
      },
    );
    match(String(headers.get("Vary")), /Accept-Language/);
  }, { name: `<b>"$&"</b>` });
}

socketTest("HTTP keeps the page in each language apart by its entity tag", async ({ url }) => {
  const tags = new Map<string, string>();
  for (const path of ["/", "/embed"]) {
    for (const encoding of ["identity", "gzip", "br"]) {
      for (const locale of PAGE_LOCALES) {
        const wanted = { "Accept-Language": locale, "Accept-Encoding": encoding };
        const etag = String((await ask(url, path, wanted)).headers.get("ETag"));
        equal(tags.get(etag) ?? locale, locale);
        tags.set(etag, locale);
        const known = { ...wanted, "If-None-Match": etag };
        equal((await ask(url, path, known)).status, 304);
        const other = locale === "de" ? "en" : "de";
        equal((await ask(url, path, { ...known, "Accept-Language": other })).status, 200);
      }
    }
  }
  equal(tags.size, 3 * PAGE_LOCALES.length);
});

Deno.test("PAGE_LOCALES are the languages of the page", () => {
  const files = [...Deno.readDirSync(new URL("../../src/client/locales/", import.meta.url))].map(({ name }) =>
    name
  );
  deepEqual(
    [...PAGE_LOCALES].sort(),
    files.filter((name) => name !== "mod.ts").map((name) => name.slice(0, -3)).sort(),
  );
});

Deno.test("Assets has nothing that begins with a dot", () => {
  const { paths } = Assets.load();
  ok(paths.includes("index.html"));
  deepEqual(paths.filter((path) => /(?:^|\/)\./.test(path)), []);
});

for (
  const [origin, publicUrl, allowed] of [
    [undefined, undefined, true],
    ["own", undefined, true],
    ["https://chat.example", undefined, false],
    ["null", undefined, false],
    ["file://", undefined, false],
    ["not a url", undefined, false],
    [undefined, "https://chat.example", true],
    ["https://chat.example", "https://chat.example", true],
    ["own", "https://chat.example", true],
    ["http://rebound.example", undefined, true],
    ["http://rebound.example", "https://chat.example", false],
    ["https://evil.example", "https://chat.example", false],
    ["https://chat.example.evil.example", "https://chat.example", false],
    ["http://chat.example", "https://chat.example", false],
    ["null", "https://chat.example", false],
  ] as const
) {
  socketTest(
    `[S2] WebSocket is ${allowed ? "opened" : "refused with 403"} for the origin ${origin} where ${
      publicUrl ?? "no address"
    } is known`,
    async ({ url }) => {
      const { status } = await ask(url, "/ws", {
        // A name that somebody made to lead here: the browser sends it as host and origin alike.
        ...(origin === "http://rebound.example" && { Host: "rebound.example" }),
        ...(origin !== undefined && { Origin: origin === "own" ? url : origin }),
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      });
      equal(status, allowed ? 101 : 403);
    },
    { publicUrl },
  );
}

Deno.test("A refused origin is named to the operator once, and strangers cannot fill the log with theirs", async () => {
  const log = new Log();
  await using server = await startServer({ logger: log, publicUrl: "https://chat.example.org" });
  const named = async (origin: string): Promise<unknown> => {
    await ask(server.url, "/ws", {
      Origin: origin,
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    });
    const { level, fields } = log.lines.filter(({ fields }) => "origin" in fields).at(-1) ?? {};
    return [level, fields?.origin, log.lines.filter(({ fields }) => "origin" in fields).length];
  };
  deepEqual(await named("https://chat.example.org"), [undefined, undefined, 0]);
  deepEqual(await named("https://www.example.org"), ["warn", "https://www.example.org", 1]);
  deepEqual(await named("https://www.example.org"), ["warn", "https://www.example.org", 1]);
  deepEqual(await named(`https://${"x".repeat(999)}`), ["warn", `https://${"x".repeat(292)}`, 2]);
  for (let i = 0; i < 10; i++) await named(`https://${i}.example`);
  deepEqual(await named("https://last.example"), ["warn", "https://2.example", 5]);
});

for (
  const [host, status] of [
    ["localhost", 200],
    ["LOCALHOST:8000", 200],
    ["127.0.0.1:8000", 200],
    ["[::1]:8000", 200],
    ["evil.example", 401],
    ["127.0.0.1.evil.example", 401],
    ["localhost.evil.example:8000", 401],
  ] as const
) {
  socketTest(
    `[S5] Metrics are ${status === 200 ? "shown" : "refused"} without a token to this machine as ${host}`,
    async ({ url }) => {
      equal((await ask(url, "/metrics", { Host: host })).status, status);
    },
    { metricsPage: { read: () => Promise.resolve("x"), contentType: "text/plain", token: undefined } },
  );
}
