// Notes stay in Discord, also when they are forwarded.
import assert from "node:assert/strict";
import { readMessage } from "../../src/discord/message_payload.ts";
import { isNote, noteBy } from "../../src/discord/intake/note.ts";
import { talk } from "./talk.ts";

Deno.test("[O3] Inbox keeps a note in Discord that is forwarded into a thread, live and read later", async () => {
  await talk(async ({ discord, bridge, visitor, thread, alice, leave, back }) => {
    const other = await bridge.visitor();
    await other.say("My secret");
    const otherThread = await other.untilDelivered(1);
    const forward = (messageId: string): void =>
      void alice.say(thread, "", { forward: { channelId: otherThread, messageId } });
    const note = alice.say(otherThread, "  // this customer owes us money", {
      files: [{ name: "debts.txt", data: "1,000" }],
    });
    alice.slash(otherThread, "note", { text: "by command" });
    const noted = await bridge.until(
      () => discord.messages(otherThread).find(({ content }) => content.includes("by command")),
      "the note by command",
    );
    forward(note.id);
    forward(noted.id);
    alice.say(thread, "after the notes");
    await visitor.untilHeard(1);
    await leave();
    forward(note.id);
    alice.say(thread, "while down");
    const { visitor: again } = await back();
    await again.untilHeard(2);
    forward(note.id);
    // What the visitor's words are, the staff choose to show.
    forward(discord.messages(otherThread).find(({ content }) => content === "My secret")?.id ?? "");
    await again.untilHeard(3);
    assert.deepEqual(again.texts, ["after the notes", "while down", "My secret"]);
    assert.deepEqual(again.heard.flatMap(({ files = [] }) => files), []);
  });
});

Deno.test("[O3] Inbox shows nothing of a note that a message answers, nor of a poll that is a note", async () => {
  await talk(async ({ visitor, thread, alice }) => {
    const note = alice.say(thread, "// internal");
    alice.say(thread, "", { poll: { question: "// Refund?", answers: ["Yes", "No"] } });
    alice.say(thread, "an answer", { replyTo: note.id });
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.heard.map(({ content, replyTo }) => [content, replyTo]), [[
      "an answer",
      undefined,
    ]]);
  });
});

Deno.test("[O3] Inbox brings no forward of somebody who is not of the staff, and any that staff make", async () => {
  await talk(async ({ discord, visitor, thread, alice }) => {
    const guest = discord.staff("Guest", { roles: [] });
    const lobby = discord.createTextChannel("lobby");
    const { id: messageId } = guest.say(lobby, "chatter");
    const forward = { channelId: lobby, messageId };
    guest.say(thread, "", { forward });
    alice.say(thread, "mine");
    alice.say(thread, "", { forward });
    await visitor.untilHeard(2);
    assert.deepEqual(visitor.texts, ["mine", "chatter"]);
  }, { staffRole: "Staff" });
});

const forwarding = (...messages: readonly object[]) =>
  ({
    id: "1",
    channel_id: "2",
    author: { id: "3", username: "alice" },
    message_reference: { type: 1, channel_id: "2", message_id: "4" },
    message_snapshots: messages.map((message) => ({ message })),
  }) as const;

/** What a message is, by what is told of it. */
const CASES: Readonly<Record<string, readonly [message: object, isNote: boolean]>> = {
  "a text": [{ content: "hello // there" }, false],
  "a note": [{ content: "// hello" }, true],
  "a note behind white space": [{ content: "\n // hello" }, true],
  "an embed that is a note": [{ embeds: [{ type: "rich", title: "// hello" }] }, true],
  "a text above such an embed": [{ content: "see", embeds: [{ type: "rich", title: "// hello" }] }, false],
  "a forward of a text": [forwarding({ content: "hello\n// there" }), false],
  "a forward of a note": [forwarding({ content: " // hello" }), true],
  "a text with a forward of a note": [{ ...forwarding({ content: "// hello" }), content: "see" }, true],
  "a forward of two, the second a note": [forwarding({ content: "hello" }, { content: "// hello" }), true],
  "a forward of a forward of a note": [forwarding(forwarding({ content: "// hello" })), true],
  "a forward of an embed that is a note": [
    forwarding({ content: "", embeds: [{ type: "rich", description: "// hello" }] }),
    true,
  ],
  "a forward of a note by command": [forwarding({ content: noteBy("*Al*", "hello") }), true],
  "words like those of a note by command": [{ content: noteBy("Al", "hello") }, false],
};

Deno.test("[O3] isNote knows a note however it comes", () => {
  for (const [name, [payload, expected]] of Object.entries(CASES)) {
    const message = readMessage({ ...forwarding(), message_reference: undefined, ...payload });
    assert.equal(isNote(message, "//"), expected, name);
  }
});

Deno.test("isNote knows only the bot's own notes where no prefix is configured", () => {
  assert.equal(isNote(readMessage(forwarding({ content: "// hello" })), ""), false);
  assert.equal(isNote(readMessage(forwarding({ content: noteBy("Al", "hello") })), ""), true);
});
