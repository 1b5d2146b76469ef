import { deepEqual, equal, match } from "node:assert/strict";
import fc from "fast-check";
import { type FileContent, lookInto } from "../../src/storage/file_content.ts";
import { PNG_1X2 } from "../support/pictures.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const hex = (text: string): Uint8Array => Uint8Array.fromHex(text.replaceAll(" ", ""));

/** 2 by 3 pixels, with the orientation of a camera held upright (6): shown as 3 by 2. */
const TURNED_JPEG = hex(
  "ffd8 ffe1 0022 457869660000 4d4d002a00000008 0001 0112 0003 00000001 00060000 00000000" +
    "ffc0 0011 08 0003 0002 03 011100 021100 031100 ffd9",
);
const GIF_3X2 = hex("474946383961 0300 0200 800000 000000ffffff 2c00000000030002000002028401003b");
const WEBP_1X1 = hex("52494646 1e000000 57454250 5650384c 11000000 2f00000000 07d0fffef7bfff8188e87f0000");

const FILES: readonly (readonly [name: string, head: Uint8Array, content: FileContent])[] = [
  ["PNG", PNG_1X2, { type: "image/png", width: 1, height: 2 }],
  ["GIF", GIF_3X2, { type: "image/gif", width: 3, height: 2 }],
  ["WebP", WEBP_1X1, { type: "image/webp", width: 1, height: 1 }],
  ["a JPEG as it is shown", TURNED_JPEG, { type: "image/jpeg", width: 3, height: 2 }],
  ["PNG that is cut off before its size", PNG_1X2.slice(0, 18), { type: "image/png" }],
  ["HTML", utf8("<!doctype html><script>alert(1)</script>"), { type: "text/plain" }],
  ["SVG", utf8("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), { type: "text/plain" }],
  ["text that ends within a character", utf8("日本").slice(0, 5), { type: "text/plain" }],
  ["bytes that are no text", hex("00 01 02 ff"), { type: "application/octet-stream" }],
  ["PDF", utf8("%PDF-1.7\n"), { type: "application/pdf" }],
];

for (const [name, head, content] of FILES) {
  Deno.test(`lookInto knows ${name}`, async () => deepEqual(await lookInto(head), content));
}

Deno.test("lookInto takes no XML for a picture", async () => {
  const { type } = await lookInto(utf8(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`));
  match(type, /^(?:application\/xml|text\/plain)$/);
});

Deno.test("[S3] lookInto says something of every file, damaged ones as well", async () => {
  const whole = fc.constantFrom(
    PNG_1X2,
    TURNED_JPEG,
    GIF_3X2,
    WEBP_1X1,
    hex("0000001c66747970617669660000000061766966"),
    utf8("PK\x03\x04"),
  );
  const damaged = fc.tuple(
    whole,
    fc.array(fc.tuple(fc.nat(80), fc.nat(255))),
    fc.nat(100),
    fc.uint8Array({ maxLength: 200 }),
  )
    .map(([file, changes, length, tail]) => {
      const bytes = new Uint8Array([...file.slice(0, length), ...tail]);
      for (const [place, value] of changes) if (place < bytes.length) bytes[place] = value;
      return bytes;
    });
  await fc.assert(
    fc.asyncProperty(damaged, async (head) => {
      const { type, width, height } = await lookInto(head);
      match(type, /^[a-z]+\/[a-z0-9.+-]+$/i);
      equal(width === undefined, height === undefined);
      if (width !== undefined) equal(Number.isSafeInteger(width) && width > 0, true);
    }),
    { numRuns: 1_000 },
  );
});
