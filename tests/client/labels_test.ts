import { deepEqual, equal } from "node:assert/strict";
import { chooseLocale } from "../../src/client/locales/mod.ts";
import { chooseTag, labelsFor } from "../../src/client/widget/labels.ts";
import { PAGE_LOCALES } from "../../src/web/page_locale.ts";

Deno.test("chooseTag knows the languages of the chat, and says each in words of its own", () => {
  deepEqual(PAGE_LOCALES.map((locale) => chooseTag([locale])), [...PAGE_LOCALES]);
  equal(new Set(PAGE_LOCALES.map((locale) => labelsFor(locale).open)).size, PAGE_LOCALES.length);
});

for (
  const [wanted, tag] of [
    [["", "de-AT", "en"], "de-AT"],
    [["", "fr", "ja"], "ja"],
    [["fa", "ar-EG"], "ar-EG"],
    [["", "fr", "pt-BR"], "en"],
    [["constructor", "__proto__", "-", "DE_at"], "DE_at"],
    [[], "en"],
  ] as const
) {
  Deno.test(`chooseTag takes ${tag} of ${JSON.stringify(wanted)}, and the chat goes the same way`, () => {
    equal(chooseTag(wanted), tag);
    // The page in the frame is told the tag, whatever its server and its browser say.
    equal(chooseLocale([chooseTag(wanted), "ja", "ar"], ["ja", "ar"]).lang, tag.toLowerCase().slice(0, 2));
  });
}
