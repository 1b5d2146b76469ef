import { deepEqual, equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import { NASTY_TEXTS } from "../../support/nasty_texts.ts";
import { SocketClient } from "../../support/socket_client.ts";
import { RELAXED, Stage } from "./stage.ts";

/** A fixed seed: every run is the same; change it to look elsewhere. */
const SEED = 50;

/** As the server says it, and as the page shows it: without the loss that a pipe to the browser would bring. */
const exactly = (text: string): string => encodeURIComponent(JSON.stringify(text));

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.array(
    fc.constantFrom("<", ">", "&", '"', "'", "`", "*", "_", "\n", "\r", "\t", "\0", "http://a.b/", "\u202e"),
  ).map((
    parts,
  ) => parts.join("")),
);
const frame = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("send"), content: text }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("edit"), seq: fc.integer({ min: 0, max: 40 }), content: text }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("delete"), seq: fc.integer({ min: 0, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ type: text, content: fc.anything(), seq: fc.anything() }) },
);

Deno.test(
  "[S1, S3] Page: of generated frames and nasty texts from another client, it shows what the server took, letter by letter",
  RELAXED,
  async () => {
    await using stage = await Stage.set();
    await using visitor = await stage.visitor();
    const { page } = visitor;
    await visitor.write("the beginning");
    await visitor.sees("the beginning", "delivered");
    const session = await page.evaluate(() => localStorage.getItem("chatbox50.session"));
    if (session === null) throw new Error("the page keeps no session");
    await using other = await SocketClient.hello(stage.url, session);
    equal((await other.next()).session, undefined);

    const generated = fc.sample(frame, { numRuns: 120, seed: SEED });
    // The longest fill the page, and one of them shows as much as all.
    const nasty = NASTY_TEXTS.filter((each) => each.length < 4_000).map((content) => ({
      type: "send",
      content,
    }));
    let refused = 0;
    const frames = [...nasty, ...generated];
    for (const [index, each] of frames.entries()) {
      const named = each.type === "send" ? { cid: `c${index}`, ...each } : each;
      other.send(named);
      // What is the protocol comes in between: ten in a row that are not would end the socket.
      other.send({ type: "history", before: 1, limit: 1 });
      for (let answer = await other.next(); answer.type !== "history"; answer = await other.next()) {
        match(answer.type, /^(?:acks|messages|delivered|seen|error)$/);
        if (answer.type !== "error") continue;
        refused++;
        match(String(answer.code), /^(?:bad_frame|content_empty|content_too_long|not_found)$/);
      }
    }
    ok(refused > 10);
    other.send({ type: "send", cid: "end", content: "the end" });
    await other.nextOf("acks");
    await visitor.sees("the end");

    const taken: { readonly content: string; readonly deleted?: boolean }[] = [];
    for (let before = 2 ** 53 - 1, more = true; more;) {
      other.send({ type: "history", before, limit: 100 });
      const answer = await other.nextOf("history") as unknown as {
        messages: { seq: number; content: string; deleted?: boolean }[];
        more: boolean;
      };
      taken.unshift(...answer.messages);
      more = answer.more;
      before = answer.messages[0]?.seq ?? 1;
    }
    ok(taken.length > 60 && taken.some(({ deleted }) => deleted === true));
    const shown = await page.locator("#messages .from-visitor .content").evaluateAll((nodes) =>
      nodes.map((node) => encodeURIComponent(JSON.stringify(node.textContent)))
    );
    const expected = taken.filter(({ deleted }) => deleted !== true).map(({ content }) => exactly(content));
    deepEqual(shown, expected);
    const made = await page.locator("#messages .content *").evaluateAll((nodes) =>
      nodes.map(({ tagName }) => tagName)
    );
    deepEqual([...new Set(made)], ["A"]);
    deepEqual(stage.takeComplaints(), []);
  },
);
