import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { systemClock } from "../../src/core/mod.ts";
import { AvatarPaths } from "../../src/web/avatars/avatar_paths.ts";
import { Avatars } from "../../src/web/avatars/avatars.ts";
import type { StaffPictures } from "../../src/web/avatars/ports.ts";
import { Content } from "../../src/web/content.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { SocketClient } from "../support/socket_client.ts";
import { PNG_1X2 } from "../support/pictures.ts";
import { ask } from "./ask.ts";
import { FileVisitor } from "./file_visitor.ts";
import { socketTest } from "./server_test_case.ts";

const KEY = new Uint8Array(32);
const PLACE = "https://pictures.example/";
const nameOf = (address: string): string | undefined =>
  address.startsWith(PLACE) ? address.slice(PLACE.length) : undefined;

/** Pictures in the test's hands, and which were fetched. */
class FakePictures implements StaffPictures {
  readonly asked: string[] = [];
  readonly nameOf = nameOf;
  answer: (name: string, signal: AbortSignal) => ReturnType<StaffPictures["fetch"]> = () =>
    Promise.resolve(PNG_1X2);

  fetch(name: string, signal: AbortSignal): ReturnType<StaffPictures["fetch"]> {
    this.asked.push(name);
    return this.answer(name, signal);
  }
}

const enter = () => (): void => {};

function lastPart(path: string | undefined): string {
  const [, name = ""] = /^\/avatars\/([\w-]+)$/.exec(path ?? "") ?? [];
  notEqual(name, "", `the path is ${path}`);
  return name;
}

Deno.test("AvatarPaths gives a picture the same path after a restart, and opens it", () => {
  const path = new AvatarPaths(KEY, { nameOf }).pathOf(`${PLACE}avatars/80351110224678912/f00`);
  const restarted = new AvatarPaths(KEY, { nameOf });
  equal(restarted.nameOf(lastPart(path)), "avatars/80351110224678912/f00");
  equal(restarted.pathOf(`${PLACE}avatars/80351110224678912/f00`), path);
  notEqual(restarted.pathOf(`${PLACE}avatars/80351110224678912/f01`), path);
});

Deno.test("AvatarPaths has no path for an address that is somewhere else", () => {
  const paths = new AvatarPaths(KEY, { nameOf });
  deepEqual(["https://other.example/a", "", "/avatars/a"].map(paths.pathOf), [
    undefined,
    undefined,
    undefined,
  ]);
  equal(paths.pathOf("https://other.example/a"), undefined);
});

Deno.test("[S5] AvatarPaths shows nothing of the name in the path", () => {
  const path = lastPart(new AvatarPaths(KEY, { nameOf }).pathOf(`${PLACE}avatars/80351110224678912/f00`));
  const inside = new TextDecoder("latin1").decode(Uint8Array.fromBase64(path, { alphabet: "base64url" }));
  equal(/avatars|80351110224678912|f00/.test(path + inside), false);
});

Deno.test("[S3] AvatarPaths opens nothing that it has not sealed", () => {
  const paths = new AvatarPaths(KEY, { nameOf });
  const sealed = lastPart(paths.pathOf(`${PLACE}avatars/1/a`));
  const foreign = lastPart(
    new AvatarPaths(new Uint8Array(32).fill(1), { nameOf }).pathOf(`${PLACE}avatars/1/a`),
  );
  const bytes = Uint8Array.fromBase64(sealed, { alphabet: "base64url" });
  for (let place = 0; place < bytes.length; place++) {
    const changed = bytes.with(place, (bytes[place] ?? 0) ^ 1);
    equal(
      paths.nameOf(changed.toBase64({ alphabet: "base64url", omitPadding: true })),
      undefined,
      `${place}`,
    );
  }
  for (
    const made of [
      foreign,
      sealed.slice(0, -4),
      `${sealed}AAAA`,
      "",
      "A",
      "avatars/1/a",
      "A".repeat(38),
      "A".repeat(1_000),
      "..",
      "ü",
      " ",
    ]
  ) {
    equal(paths.nameOf(made), undefined, made);
  }
  equal(paths.nameOf(sealed), "avatars/1/a");
});

Deno.test("Avatars fetches a picture once for all who look at it, at the same time and later", async () => {
  const pictures = new FakePictures();
  const held = Promise.withResolvers<typeof PNG_1X2>();
  pictures.answer = () => held.promise;
  const avatars = new Avatars({ pictures, clock: new FakeClock() });
  const finds = [avatars.find("a", enter), avatars.find("a", enter)];
  held.resolve(PNG_1X2);
  for (const found of [...await Promise.all(finds), await avatars.find("a", enter)]) {
    ok(found instanceof Content);
    equal(found.type, "image/png");
  }
  deepEqual(pictures.asked, ["a"]);
});

for (
  const [missing, againMs] of [["gone", 60 * 60_000], ["unreachable", 30_000]] as const
) {
  Deno.test(`Avatars asks again after ${againMs / 1_000} s for what was ${missing}, and when the clock was put back`, async () => {
    const pictures = new FakePictures();
    pictures.answer = () => Promise.resolve(missing);
    const clock = new FakeClock();
    const avatars = new Avatars({ pictures, clock });
    equal(await avatars.find("a", enter), missing);
    clock.advance(againMs - 1);
    equal(await avatars.find("a", enter), missing);
    equal(pictures.asked.length, 1);
    clock.advance(1);
    equal(await avatars.find("a", enter), missing);
    equal(pictures.asked.length, 2);
    clock.advance(-againMs * 3);
    pictures.answer = () => Promise.resolve(PNG_1X2);
    ok(await avatars.find("a", enter) instanceof Content);
  });
}

for (
  const [what, bytes, expected] of [
    ["HTML", "<!doctype html><script>alert(1)</script>", "gone"],
    ["SVG", '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "gone"],
    ["a PDF", "%PDF-1.7\n", "gone"],
    ["nothing", "", "gone"],
    ["a GIF", "GIF89a\x01\0\x01\0\0\0\0;", "image/gif"],
  ] as const
) {
  Deno.test(`[S1] Avatars tells by the content that ${what} is ${expected}`, async () => {
    const pictures = new FakePictures();
    pictures.answer = () => Promise.resolve(new TextEncoder().encode(bytes));
    const found = await new Avatars({ pictures, clock: new FakeClock() }).find("a", enter);
    equal(found instanceof Content ? found.type : found, expected);
  });
}

Deno.test("[S3] Avatars keeps no more than it may, and forgets what was not looked at for longest", async () => {
  const pictures = new FakePictures();
  const counted = PNG_1X2.length + 256;
  const avatars = new Avatars({ pictures, clock: new FakeClock(), maxKeptBytes: 2 * counted });
  for (const name of ["a", "b", "a", "c"]) await avatars.find(name, enter);
  equal(avatars.keptBytes, 2 * counted);
  deepEqual(pictures.asked, ["a", "b", "c"]);
  for (const name of ["a", "c", "b"]) await avatars.find(name, enter);
  deepEqual(pictures.asked, ["a", "b", "c", "b"]);
});

Deno.test("Avatars begins to fetch only for who may, and says when it has ended", async () => {
  const pictures = new FakePictures();
  const avatars = new Avatars({ pictures, clock: new FakeClock() });
  equal(await avatars.find("a", () => undefined), "busy");
  deepEqual(pictures.asked, []);
  let left = 0;
  pictures.answer = () => Promise.reject(new Error("broken"));
  equal(await avatars.find("a", () => () => void left++).catch((error) => error.message), "broken");
  pictures.answer = () => Promise.resolve(PNG_1X2);
  ok(await avatars.find("a", () => () => void left++) instanceof Content);
  equal(left, 2);
  ok(await avatars.find("a", () => undefined) instanceof Content, "what is there costs nothing");
});

Deno.test("Avatars gives up what is under way when it is stopped", async () => {
  const pictures = new FakePictures();
  pictures.answer = (_, signal) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve("unreachable")));
  const avatars = new Avatars({ pictures, clock: new FakeClock() });
  const finding = avatars.find("a", enter);
  avatars.stop();
  equal(await finding, "unreachable");
});

const shown = new FakePictures();

socketTest(
  "HTTP serves the picture of a message's author, whose name elsewhere is not told, for ever",
  async ({ url, chatBox }) => {
    await using visitor = await FileVisitor.arrive(url);
    visitor.client.send({ type: "send", cid: "1", content: "hello" });
    await visitor.client.next();
    const avatar = `${PLACE}avatars/80351110224678912/f00`;
    const thread = `thread of ${visitor.uid}`;
    await chatBox.worker2.pair(chatBox.connection(visitor.uid));
    await chatBox.worker2.send(thread, { content: "hi", author: { name: "Ada", avatar } });
    const frame = await visitor.client.next();
    const [{ author }] = frame.messages as [{ author: { avatar: string } }];
    equal(JSON.stringify(frame).includes("80351110224678912"), false);
    match(author.avatar, /^\/avatars\/[\w-]+$/);

    const get = await ask(url, author.avatar);
    deepEqual([get.status, get.bytes], [200, PNG_1X2]);
    equal(get.headers.get("Content-Type"), "image/png");
    equal(get.headers.get("Content-Length"), String(PNG_1X2.length));
    equal(get.headers.get("X-Content-Type-Options"), "nosniff");
    equal(get.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
    match(String(get.headers.get("Content-Security-Policy")), /^default-src 'none'; sandbox/);
    const head = await ask(url, author.avatar, {}, "HEAD");
    deepEqual([head.status, head.bytes.length], [200, 0]);
    equal(head.headers.get("Content-Length"), String(PNG_1X2.length));
    const etag = String(get.headers.get("ETag"));
    equal((await ask(url, author.avatar, { "If-None-Match": etag })).status, 304);
    equal((await ask(url, author.avatar, {}, "POST")).status, 405);
    deepEqual(shown.asked, ["avatars/80351110224678912/f00"]);

    // What was stored is what the service gave.
    const { messages } = await chatBox.connection(visitor.uid).messages();
    equal(messages.at(-1)?.author?.avatar, avatar);
    await using again = await SocketClient.hello(url, visitor.session);
    const welcome = await again.next();
    const [, shownAgain] = welcome.messages as { author: { avatar: string } }[];
    equal(shownAgain?.author.avatar, author.avatar);
  },
  { pictures: shown },
);

const away = new FakePictures();

for (
  const [what, answer, status, retryAfter] of [
    ["is gone", "gone", 404, null],
    ["cannot be had now", "unreachable", 503, "30"],
  ] as const
) {
  socketTest(`HTTP answers ${status} for a picture that ${what}, to be kept by nobody`, async ({ url }) => {
    away.answer = () => Promise.resolve(answer);
    const { status: given, headers } = await ask(url, pathOf("avatars/1/a"));
    equal(given, status);
    deepEqual([headers.get("Retry-After"), headers.get("Cache-Control")], [retryAfter, "no-store"]);
  }, { pictures: away, clock: systemClock });
}

const never = new FakePictures();

for (
  const name of [
    "none",
    "avatars%2F1%2Fa",
    "https:%2F%2Fevil.example%2Fa",
    "..%2F..%2Fetc",
    "%00",
    "A".repeat(900),
  ]
) {
  socketTest(
    `[S3] HTTP answers 404 for the picture ${name.slice(0, 30)}, and asks nobody for it`,
    async ({ url }) => {
      equal((await ask(url, `/avatars/${name}`)).status, 404);
      deepEqual(never.asked, []);
    },
    { pictures: never },
  );
}

const slow = new FakePictures();

socketTest(
  "[O4] HTTP fetches only so many pictures at a time for one address",
  async ({ url }) => {
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<typeof PNG_1X2>();
    slow.answer = () => {
      if (slow.asked.length === 2) begun.resolve();
      return slow.asked.includes("c") ? Promise.resolve(PNG_1X2) : held.promise;
    };
    const first = [ask(url, pathOf("a")), ask(url, pathOf("b"))];
    await begun.promise;
    const { status, headers } = await ask(url, pathOf("c"));
    held.resolve(PNG_1X2);
    deepEqual([status, headers.get("Retry-After")], [503, "2"]);
    deepEqual((await Promise.all(first)).map((answer) => answer.status), [200, 200]);
    equal((await ask(url, pathOf("c"))).status, 200);
  },
  {
    pictures: slow,
    transfers: { atOnce: 1, allAtOnce: 4, deadlineMs: 60_000, unsentBytes: 0, keepFreeBytes: 0 },
  },
);

/** The path of a picture on the server of a test. */
function pathOf(name: string): string {
  return new AvatarPaths(KEY, { nameOf }).pathOf(`${PLACE}${name}`) ?? "";
}
