import assert from "node:assert/strict";
import fc from "fast-check";
import { countCodePoints, trimMessage } from "../../src/client/code_points.ts";
import { textOn } from "../../src/client/colors.ts";
import { linkify, safeUrl, shownTarget } from "../../src/client/linkify.ts";
import { parseEmbedConfig, parsePageConfig } from "../../src/client/page_config.ts";
import { ar } from "../../src/client/locales/ar.ts";
import { de } from "../../src/client/locales/de.ts";
import { en } from "../../src/client/locales/en.ts";
import { ja } from "../../src/client/locales/ja.ts";
import { chooseLocale } from "../../src/client/locales/mod.ts";

Deno.test("linkify finds addresses and leaves the sentence around them alone", () => {
  const cases: [string, string[]][] = [
    ["see https://a.example/x.", ["https://a.example/x"]],
    ["(https://a.example/x_(y))", ["https://a.example/x_(y)"]],
    ["https://a.example, http://b.example!", ["https://a.example", "http://b.example"]],
    ["[https://a.example/?q=1&r=2]", ["https://a.example/?q=1&r=2"]],
    ["詳細は https://a.example/道。", ["https://a.example/道"]],
    ["javascript:alert(1) ftp://a.example data:text/html,x", []],
    ["https:// and http://", []],
    ["xhttps://a.example", []],
  ];
  for (const [text, urls] of cases) {
    const found = linkify(text).filter((piece) => piece.url !== undefined).map((piece) => piece.text);
    assert.deepEqual(found, urls, text);
  }
});

Deno.test("linkify loses no character and links only to web addresses, whatever the text", () => {
  const pieces = fc.constantFrom(
    "https://",
    "http://",
    "a.example",
    "javascript:",
    ")",
    "(",
    ".",
    " ",
    "\n",
    "<",
    '"',
    "%",
    "@",
  );
  const text = fc.array(fc.oneof(pieces, fc.string({ unit: "binary" }))).map((parts) => parts.join(""));
  fc.assert(fc.property(text, (text) => {
    const found = linkify(text);
    assert.equal(found.map((piece) => piece.text).join(""), text);
    for (const { url } of found) assert.ok(url === undefined || /^https?:\/\//.test(url));
  }));
});

Deno.test("safeUrl lets nothing through but http and https", () => {
  for (
    const bad of [
      "javascript:alert(1)",
      " javascript:alert(1)",
      "data:text/html,x",
      "//a.example",
      "/x",
      "",
      "blob:https://a",
    ]
  ) {
    assert.equal(safeUrl(bad), null, bad);
  }
  assert.equal(safeUrl("HTTPS://A.example"), "https://a.example/");
});

Deno.test("shownTarget shows a host whole and first, and enough of the rest to tell", () => {
  const shown = (address: string): string => shownTarget(safeUrl(address) ?? "");
  assert.equal(shown("https://docs.example/"), "docs.example");
  assert.equal(shown("https://docs.example/start?from=chat#top"), "docs.example/start?from=chat#top");
  assert.equal(shown("http://docs.example:8080/"), "http://docs.example:8080");
  assert.equal(shown("https://bank.example@evil.example/login"), "evil.example/login");
  assert.equal(shown("https://b\u0430nk.example/"), "xn--bnk-6cd.example", "letters that only look alike");
  const host = `${"long.".repeat(20)}example`;
  assert.equal(
    shown(`https://${host}/${"a".repeat(500)}/the-end.html`),
    `${host}/${"a".repeat(35)}…the-end.html`,
  );
});

Deno.test("countCodePoints counts as the server does, lone surrogates included", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.equal(countCodePoints(text), [...text].length);
  }));
  for (const text of ["\ud83d", "\ude00\ud83d", "a\ud83d\ud83d\ude00", "👩‍👩‍👧"]) {
    assert.equal(countCodePoints(text), [...text].length);
  }
});

Deno.test("trimMessage removes the empty lines around a message, not its shape", () => {
  assert.equal(trimMessage("\n  \n\n  indented\n\nlines  \n\n"), "  indented\n\nlines");
  assert.equal(trimMessage(" \n\t\n"), "");
});

Deno.test("textOn chooses what can be read", () => {
  assert.equal(textOn("#0d766a"), "#ffffff");
  assert.equal(textOn("#000000"), "#ffffff");
  assert.equal(textOn("#ffd500"), "#16181a");
  assert.equal(textOn("#ffffff"), "#16181a");
});

Deno.test("parsePageConfig takes what the server says and nothing that is malformed", () => {
  assert.deepEqual(parsePageConfig('{"name":"Shop","greeting":"Hi","locale":"de"}'), {
    name: "Shop",
    greeting: "Hi",
    locale: "de",
  });
  const defaults = { name: "ChatBox50", greeting: "", locale: "" };
  for (
    const bad of ["", "{{config}}", "null", "7", '{"name":7,"greeting":null,"locale":[]}', '{"name":""}']
  ) {
    assert.deepEqual(parsePageConfig(bad), defaults, bad);
  }
});

Deno.test("parseEmbedConfig takes short texts and real colours", () => {
  assert.deepEqual(parseEmbedConfig("#title=A%20B&greeting=&locale=ar&color=%23a1B2c3&other=x"), {
    title: "A B",
    locale: "ar",
    color: "#a1B2c3",
  });
  assert.deepEqual(parseEmbedConfig("#color=red;background:url(x)"), {});
  assert.equal(parseEmbedConfig(`#title=${"x".repeat(9_000)}`).title?.length, 500);
});

Deno.test("chooseLocale takes the first language there is, with its direction and the reader's variant", () => {
  const lang = (...wanted: string[]): string => chooseLocale(wanted, []).lang;
  assert.equal(lang("", "fr-FR", "de-AT", "en"), "de");
  assert.equal(lang("JA_jp"), "ja");
  assert.equal(lang("fr", "zz", "constructor", "__proto__"), "en");
  const arabic = chooseLocale(["ar", "en"], ["ar-EG", "en-GB"]);
  assert.deepEqual([arabic.dir, arabic.strings, arabic.format], ["rtl", ar, "ar-EG"]);
  assert.equal(chooseLocale(["", "en-GB"], ["en-GB"]).format, "en-GB");
  assert.equal(chooseLocale(["en_GB"], []).format, "en");
  assert.equal(
    chooseLocale(["en", "fr-FR"], ["fr-FR", "en-GB"]).format,
    "en-GB",
    "the server says no region",
  );
});

Deno.test("every language says everything, and puts in what it is given", () => {
  for (const [name, strings] of Object.entries({ ar, de, en, ja })) {
    for (const [key, text] of [...Object.entries(strings), ...Object.entries(strings.errors)]) {
      if (typeof text === "string") assert.notEqual(text.trim(), "", `${name}.${key}`);
      if (typeof text === "function") {
        const words = (text as (...values: string[]) => string)("<one>", "<two>");
        for (const value of ["<one>", "<two>"].slice(0, text.length)) {
          assert.ok(words.includes(value), `${name}.${key}`);
        }
      }
    }
  }
});
