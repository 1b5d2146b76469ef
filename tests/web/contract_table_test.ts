import { deepEqual, equal } from "node:assert/strict";
import { parseFrame } from "../../src/web/parse_frame.ts";
import { newestThatFit } from "../../src/web/page_size.ts";
import type { Message } from "../../src/web/protocol.ts";

const HELLO = { type: "hello", v: 1, session: null, after: 0 };
const SEND = { type: "send", cid: "a", content: "x" };

/** What a field may hold, at the edges. `undefined` leaves it out. */
const ACCEPTED: readonly (readonly [frame: object, field: string, values: readonly unknown[]])[] = [
  [HELLO, "session", [null, undefined, "", "x".repeat(256), "x".repeat(60_000)]],
  [HELLO, "after", [0, 1, 2 ** 53 - 1, undefined]],
  [HELLO, "page", [undefined, null, "x", 1, {}, { url: 1, title: {} }, {
    url: "x".repeat(9_999),
    title: "x".repeat(9_999),
  }]],
  [HELLO, "locale", [undefined, null, 1, "", "de-AT", "x".repeat(999)]],
  [HELLO, "identity", [undefined, null, 1, {}, { token: null }, { token: 1 }, { token: "x".repeat(9_999) }, {
    name: 1,
  }]],
  [SEND, "cid", ["a", "A-Z_09", "x".repeat(64)]],
  [SEND, "content", [
    "x",
    " ",
    "\0",
    "\nx\n",
    "x".repeat(4_000),
    "𝄞".repeat(4_000),
    `${"\n".repeat(9)}${"x".repeat(4_000)}\r\n`,
  ]],
  [SEND, "replyTo", [undefined, 1, 2 ** 53 - 1]],
  [SEND, "files", [undefined, [], ["a"], ["x".repeat(64)], Array(10).fill("a")]],
  [{ ...SEND, files: ["a"] }, "content", ["", "\n"]],
  [{ type: "edit", seq: 1, content: "x" }, "seq", [1, 2 ** 53 - 1]],
  [{ type: "edit", seq: 1, content: "x" }, "content", ["x", "x".repeat(4_000)]],
  [{ type: "delete", seq: 1 }, "seq", [1, 2 ** 53 - 1]],
  [{ type: "read", seq: 1 }, "seq", [1, 2 ** 53 - 1]],
  [{ type: "history", before: 1, limit: 1 }, "before", [1, 2 ** 53 - 1]],
  [{ type: "history", before: 1, limit: 1 }, "limit", [1, 100]],
  [{ type: "typing" }, "anything", [1, null, { nested: [] }]],
];

const NO_COUNT = [undefined, null, "1", 0, -1, 1.5, 2 ** 53, true, [], {}];

/** What a field may not hold, and with which code it is refused. */
const REFUSED:
  readonly (readonly [frame: object, field: string, code: string, values: readonly unknown[]])[] = [
    [HELLO, "v", "bad_hello", [undefined, null, 0, 2, "1", 1.5]],
    [HELLO, "session", "bad_hello", [1, {}, [], true]],
    [HELLO, "after", "bad_hello", [null, -1, 1.5, "0", 2 ** 53, {}]],
    [SEND, "cid", "bad_frame", [undefined, null, 1, "", "a b", "ä", "a\n", "x".repeat(65), ["a"]]],
    [SEND, "content", "bad_frame", [undefined, null, 1, {}, ["x"]]],
    [SEND, "content", "content_empty", ["", "\n", "\r\n\r\n"]],
    [SEND, "content", "content_too_long", ["x".repeat(4_001), "𝄞".repeat(4_001), "x".repeat(60_000)]],
    [SEND, "replyTo", "bad_frame", NO_COUNT.slice(1)],
    [SEND, "files", "bad_frame", [null, "a", {}, [1], [""], ["a b"], ["x".repeat(65)], Array(11).fill("a")]],
    [{ type: "edit", seq: 1, content: "x" }, "seq", "bad_frame", NO_COUNT],
    [{ type: "edit", seq: 1, content: "x" }, "content", "bad_frame", [undefined, null, 1, {}, ["x"]]],
    [{ type: "edit", seq: 1, content: "x" }, "content", "content_empty", ["", "\n"]],
    [{ type: "edit", seq: 1, content: "x" }, "content", "content_too_long", ["x".repeat(4_001)]],
    [{ type: "delete", seq: 1 }, "seq", "bad_frame", NO_COUNT],
    [{ type: "read", seq: 1 }, "seq", "bad_frame", NO_COUNT],
    [{ type: "history", before: 1, limit: 1 }, "before", "bad_frame", NO_COUNT],
    [{ type: "history", before: 1, limit: 1 }, "limit", "bad_frame", [...NO_COUNT, 101]],
    [{ type: "typing" }, "type", "bad_frame", [
      undefined,
      null,
      1,
      "",
      "Typing",
      "welcome",
      "__proto__",
      "toString",
    ]],
  ];

for (const [frame, field, values] of ACCEPTED) {
  const { type } = frame as { type: string };
  Deno.test(`Contract: ${type} takes ${field} as far as it goes`, () => {
    for (const value of values) {
      const parsed = parseFrame(JSON.stringify({ ...frame, [field]: value, unknown: { field: 1 } }));
      equal("frame" in parsed && parsed.frame.type, type, `${field}: ${JSON.stringify(value)?.slice(0, 40)}`);
      // What the protocol does not know has gone no further.
      equal(JSON.stringify(parsed).includes("unknown"), false);
    }
  });
}

for (const [frame, field, code, values] of REFUSED) {
  const { type } = frame as { type: string };
  Deno.test(`[S3] Contract: ${type} is refused with ${code} for its ${field}`, () => {
    for (const value of values) {
      const parsed = parseFrame(JSON.stringify({ ...frame, [field]: value }));
      const fault = "fault" in parsed ? parsed.fault : undefined;
      equal(fault?.code, code, `${field}: ${JSON.stringify(value)?.slice(0, 40)}`);
      equal(fault?.cid, type === "send" && field !== "cid" ? "a" : undefined);
      equal(fault?.seq, type === "edit" && field !== "seq" ? 1 : undefined);
    }
  });
}

Deno.test("Contract: hello clips what is told for courtesy and drops what can be no session", () => {
  const page = { url: "x".repeat(2_049), title: `${"x".repeat(299)}𝄞` };
  const parsed = parseFrame(
    JSON.stringify({ ...HELLO, session: "x".repeat(257), page, locale: "x".repeat(36) }),
  );
  deepEqual(parsed, {
    frame: { ...HELLO, page: { title: `${"x".repeat(299)}\ufffd` }, locale: "x".repeat(35) },
  });
});

const page = (about: object): object => ({ page: about });
const claim = (about: object): object => ({ identity: about });

/** What is kept of fields that are a courtesy, at the edges: as it is, cut, or as if it were not there. */
for (
  const [field, most, put, beyond] of [
    ["session", 256, (session: string) => ({ session }), null],
    ["page.url", 2_048, (url: string) => page({ url }), undefined],
    ["page.title", 300, (title: string) => page({ title }), "cut"],
    ["locale", 35, (locale: string) => ({ locale }), "cut"],
    ["identity.token", 8_192, (token: string) => claim({ token }), ""],
    ["identity.name", 80, (name: string) => claim({ name }), "cut"],
    ["identity.email", 254, (email: string) => claim({ email }), "cut"],
  ] as const
) {
  Deno.test(`Contract: hello keeps ${most} letters of ${field}`, () => {
    const read = (letters: number): unknown => {
      const parsed = parseFrame(JSON.stringify({ ...HELLO, ...put("x".repeat(letters)) }));
      if ("fault" in parsed) throw new Error(parsed.fault.message);
      return field.split(".").reduce<unknown>((value, key) => Object(value)[key], parsed.frame);
    };
    for (const letters of [1, most - 1, most]) equal(read(letters), "x".repeat(letters));
    equal(read(most + 1), beyond === "cut" ? "x".repeat(most) : beyond);
  });
}

const message = (content: string): Message => ({
  seq: 1,
  rev: 1,
  from: "visitor",
  content,
  at: 1_700_000_000_000,
});

Deno.test("newestThatFit takes 50 of the longest messages of emoji, and fewer of what JSON makes longer", () => {
  equal(newestThatFit(Array(50).fill(message("😀".repeat(4_000)))), 50);
  equal(newestThatFit(Array(200).fill(message("x"))), 200);
  const escaped = newestThatFit(Array(100).fill(message("\u0001".repeat(4_000))));
  equal(escaped, 35);
  const nodes = [{ type: "text", text: "x".repeat(2_000_000) }] as const;
  equal(newestThatFit([message("x"), { ...message("x"), nodes }]), 1);
});
