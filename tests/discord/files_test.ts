import assert from "node:assert/strict";
import type { FileReference } from "../../src/core/mod.ts";
import { ManualClock } from "../support/discord/mod.ts";
import { hold } from "./hold.ts";
import { scene } from "./scene.ts";

const MESSAGES = "/channels/:channel_id/messages";
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

Deno.test("Outbox uploads a visitor's files with their message, and no text overtakes them", async () => {
  await scene(async ({ discord, visitor, thread, upload }) => {
    const held = hold(discord, "delay", "POST", MESSAGES);
    await visitor.say("See this", undefined, [await upload("plan.txt", bytesOf("the plan"))]);
    await visitor.say("Below it");
    held.release();
    await visitor.until(() => visitor.delivered.includes("Below it"), "the second message");
    const [, , first, second] = discord.messages(thread);
    assert.equal(first?.content, "See this");
    assert.deepEqual(first?.attachments.map(({ filename, size }) => [filename, size]), [["plan.txt", 8]]);
    assert.equal(second?.content, "Below it");
    const stored = discord.world.files.get(first?.attachments[0]?.id ?? "");
    assert.equal(new TextDecoder().decode(stored), "the plan");
  });
});

Deno.test("[X3] Outbox uploads nothing twice when the answer is lost, also without a text", async () => {
  await scene(async ({ discord, visitor, thread, upload }) => {
    discord.faults.add({ method: "POST", route: MESSAGES, times: 2, action: { kind: "truncate" } });
    await visitor.say("", undefined, [await upload("plan.txt", bytesOf("the plan"))]);
    await visitor.say("Done");
    await visitor.until(() => visitor.delivered.at(-1) === "Done", "the last message");
    const files = discord.messages(thread).flatMap(({ attachments }) => attachments);
    assert.deepEqual(files.map(({ filename }) => filename), ["plan.txt"]);
  });
});

Deno.test("Outbox gives a link to a file that Discord does not take", async () => {
  await scene(async ({ visitor, thread, discord }) => {
    const large: FileReference = { id: "big", name: "film.mp4", type: "video/mp4", size: 11 * 1024 * 1024 };
    await visitor.say("The film", undefined, [large]);
    await visitor.untilDelivered(2);
    assert.equal(visitor.delivered[1], "The film\nfilm.mp4 (11.0 MiB): <https://chat.example/files/big>");
    assert.deepEqual(discord.messages(thread).at(-1)?.attachments, []);
  }, { fileLink: (id) => `https://chat.example/files/${id}` });
});

Deno.test("[D2] Outbox waits for a visitor's file that cannot be read now", async () => {
  await scene(async ({ bridge, visitor, thread, discord, upload, pathOf }) => {
    const file = await upload("plan.txt", bytesOf("the plan"));
    const path = pathOf(file);
    await Deno.rename(path, `${path}.away`);
    await Deno.mkdir(path);
    await visitor.say("See this", undefined, [file]);
    await visitor.until(
      () => bridge.logged("warn").includes("A delivery failed, trying again"),
      "the failure",
    );
    assert.equal(discord.messages(thread).length, 2);
    await Deno.remove(path);
    await Deno.rename(`${path}.away`, path);
    await visitor.untilDelivered(2);
    assert.deepEqual(discord.messages(thread).at(-1)?.attachments.map(({ size }) => size), [8]);
  });
});

Deno.test("Outbox names a visitor's file that is gone, and sends the other one of that name", async () => {
  await scene(async ({ bridge, visitor, thread, discord, upload, pathOf }) => {
    const [kept, gone] = [await upload("image.png", bytesOf("x")), await upload("image.png", bytesOf("yy"))];
    await Deno.remove(pathOf(gone));
    await visitor.say("Both", undefined, [kept, gone]);
    await visitor.untilDelivered(2);
    assert.equal(visitor.delivered[1], "Both\n[image.png (2 bytes)]");
    assert.deepEqual(discord.messages(thread).at(-1)?.attachments.map(({ size }) => size), [1]);
    assert.deepEqual(bridge.logged("error"), ["A visitor's file is gone and is left out"]);
  });
});

Deno.test("[D4] Outbox plans no upload away while the bot is out of the server (seed 44)", async () => {
  await scene(async ({ bridge, discord, visitor, thread, upload }) => {
    const held = Promise.withResolvers<void>();
    const kicked = Promise.withResolvers<void>();
    const first = discord.faults.add({
      method: "POST",
      route: MESSAGES,
      action: { kind: "delay", until: held.promise },
    });
    const { seq } = await visitor.say("First");
    await discord.until(() => first.hits > 0);
    // One delivery brings both: when the edit has arrived, the bot is out.
    const edit = discord.faults.add({
      method: "PATCH",
      route: `${MESSAGES}/:message_id`,
      action: { kind: "late", until: kicked.promise },
    });
    await visitor.edit(seq, "Edited");
    await visitor.say("See this", undefined, [await upload("plan.txt", bytesOf("the plan"))]);
    held.resolve();
    await discord.until(() => edit.hits > 0 && discord.messages(thread).at(-1)?.content === "Edited");
    discord.kickBot();
    await bridge.until(() => !bridge.service.status.ready, "the removal to be noticed");
    kicked.resolve();
    await bridge.until(
      () => bridge.logged("warn").includes("A delivery failed, trying again"),
      "the failure",
    );
    discord.inviteBot();
    await visitor.untilDelivered(3);
    assert.deepEqual(visitor.delivered, ["Hello", "Edited", "See this"]);
    assert.deepEqual(discord.messages(thread).at(-1)?.attachments.map(({ size }) => size), [8]);
  });
});

Deno.test("Outbox calls no file gone that was deleted with its message, and takes back what it had planned (seed 42)", async () => {
  await scene(async ({ bridge, storage, visitor, discord, upload, pathOf }) => {
    const file = await upload("plan.txt", bytesOf("the plan"));
    const held = Promise.withResolvers<void>();
    discord.faults.add({ method: "POST", route: MESSAGES, action: { kind: "status", status: 500 } });
    const looks = discord.faults.add({
      method: "GET",
      route: MESSAGES,
      action: { kind: "delay", until: held.promise },
    });
    const { seq } = await visitor.say("Oops", undefined, [file]);
    // Planned and tried, and not yet tried again.
    await discord.until(() => looks.hits > 0);
    await visitor.delete(seq);
    await storage.files.sweep(Date.now());
    await assert.rejects(Deno.stat(pathOf(file)), Deno.errors.NotFound);
    held.resolve();
    await visitor.say("Next");
    await visitor.until(() => visitor.delivered.at(-1) === "Next", "the next message");
    assert.deepEqual(visitor.delivered, ["Hello", "Next"]);
    assert.ok(bridge.logged("debug").includes("A visitor's file is left out, as its message was deleted"));
    assert.deepEqual(bridge.logged("error"), []);
  });
});

Deno.test("Outbox gives a link when Discord refuses the upload as too large", async () => {
  await scene(async ({ visitor, upload }) => {
    await visitor.say("Small limit", undefined, [await upload("a.txt", bytesOf("x".repeat(200)))]);
    await visitor.untilDelivered(2);
    assert.equal(visitor.delivered[1], "Small limit\n[a.txt (200 bytes)]");
  }, { simulator: { limits: { fileBytes: 100 } } });
});

for (const persona of ["bot", "webhook"] as const) {
  Deno.test(`[X6] Outbox names refused files below a text that fills a Discord message, visitors shown by ${persona}`, async () => {
    await scene(async ({ discord, visitor, thread, upload }) => {
      const names = Array.from({ length: 10 }, (_, index) => `${index}${"_".repeat(114)}.txt`);
      const files = await Promise.all(names.map((name) => upload(name, bytesOf("x".repeat(200)))));
      // The bot says an answer, with the visitor's name in front.
      const { seq } = await visitor.say("Full", 1, files.slice(0, 1));
      await visitor.untilDelivered(2);
      await visitor.edit(seq, "q".repeat(2_000));
      await visitor.say("z".repeat(2_000), 1, files);
      await visitor.say("End");
      await visitor.until(() => visitor.delivered.at(-1) === "End", "all of it");
      const posted = discord.messages(thread).map(({ content }) => content.replaceAll("\\", ""));
      for (const [letter, shown] of [["q", names.slice(0, 1)], ["z", names.slice(0, 5)]] as const) {
        const parts = posted.filter((content) => content.includes(letter.repeat(10))).join("\n");
        assert.equal(parts.split(letter).length - 1, 2_000);
        assert.deepEqual(shown.filter((name) => !parts.includes(`[${name} (200 bytes)]`)), [], letter);
      }
      assert.ok(posted.some((content) => content.includes("*(and 5 more)*")));
    }, { persona, simulator: { limits: { fileBytes: 100 } } });
  });
}

Deno.test("[X6] Outbox goes on naming a file that Discord has not taken when its message is edited (seed 1)", async () => {
  await scene(async ({ visitor, upload }) => {
    const { seq } = await visitor.say("Draft", undefined, [await upload("a.txt", bytesOf("x".repeat(200)))]);
    await visitor.untilDelivered(2);
    await visitor.edit(seq, "Final");
    await visitor.until(() => visitor.delivered[1]?.startsWith("Final"), "the edit");
    assert.equal(visitor.delivered[1], "Final\n[a.txt (200 bytes)]");
  }, { simulator: { limits: { fileBytes: 100 } } });
});

Deno.test("[X6] Outbox names no file that hangs on a message which is edited when no more may be attached", async () => {
  await scene(async ({ bridge, channel, visitor, discord, upload }) => {
    const { seq } = await visitor.say("Draft", undefined, [await upload("a b.txt", bytesOf("x"))]);
    await visitor.untilDelivered(2);
    discord.denyBot(channel, "AttachFiles");
    await bridge.until(() => bridge.logged("warn").some((line) => line.startsWith("Files, ")), "the notice");
    await visitor.edit(seq, "Final");
    await visitor.until(() => visitor.delivered[1]?.startsWith("Final"), "the edit");
    assert.equal(visitor.delivered[1], "Final");
    await visitor.say("New", undefined, [await upload("b.txt", bytesOf("x"))]);
    await visitor.untilDelivered(3);
    assert.equal(visitor.delivered[2], "New\n[b.txt (1 bytes)]");
  });
});

Deno.test("[X6] Outbox names the files of a message that is edited when nobody can read what hangs there", async () => {
  await scene(async ({ bridge, channel, visitor, discord, upload }) => {
    const { seq } = await visitor.say("Draft", undefined, [await upload("a.txt", bytesOf("x"))]);
    await visitor.untilDelivered(2);
    discord.denyBot(channel, "ReadMessageHistory");
    await bridge.until(() => !bridge.service.status.ready, "the bridge to notice");
    await visitor.edit(seq, "Final");
    await visitor.until(() => visitor.delivered[1]?.startsWith("Final"), "the edit");
    assert.equal(visitor.delivered[1], "Final\n[a.txt (1 bytes)]");
    // Refusals count towards a ban: what is known to be refused is not asked.
    assert.ok(discord.requests.every(({ method, status }) => method !== "GET" || status !== 403));
  });
});

Deno.test("Outbox keeps the files of a message whose text is edited, and deletes both together", async () => {
  await scene(async ({ visitor, discord, thread, upload }) => {
    const { seq } = await visitor.say("Draft", undefined, [await upload("a.txt", bytesOf("x"))]);
    await visitor.untilDelivered(2);
    await visitor.edit(seq, "word ".repeat(600));
    await visitor.untilDelivered(3);
    const [, , first, second] = discord.messages(thread);
    assert.deepEqual([first?.attachments.length, second?.attachments.length], [1, 0]);
    await visitor.delete(seq);
    await visitor.until(() => visitor.delivered.length === 1, "the deletion");
  });
});

Deno.test("Inbox copies what staff attach, with their words", async () => {
  await scene(async ({ visitor, thread, alice, storage }) => {
    alice.say(thread, "Here", { files: [{ name: "plan.pdf", data: "the plan" }] });
    const [heard] = await visitor.untilHeard(1);
    assert.equal(heard?.content, "Here");
    const [file] = heard?.files ?? [];
    assert.deepEqual([file?.name, file?.size], ["plan.pdf", 8]);
    assert.equal(await new Response(await storage.files.read(file?.id ?? "")).text(), "the plan");
    assert.equal((await storage.files.find(file?.id ?? ""))?.uid, visitor.connection.uid);
  });
});

Deno.test("Inbox asks for a fresh address when an attachment's has expired", async () => {
  const clock = new ManualClock();
  await scene(async ({ visitor, thread, alice, discord, bridge, storage }) => {
    // The list of messages is answered, and read a day later.
    const held = hold(discord, "late", "GET", MESSAGES);
    discord.dropGateway({ resumable: false });
    alice.say(thread, "Old", { files: [{ name: "a.txt", data: "still there" }] });
    await discord.until(() =>
      discord.requests.some(({ method, path, status }) =>
        method === "GET" && path.endsWith("/messages") && status === 0
      )
    );
    clock.advance(25 * 60 * 60_000);
    held.release();
    const [heard] = await visitor.untilHeard(1);
    assert.equal(
      await new Response(await storage.files.read(heard?.files?.[0]?.id ?? "")).text(),
      "still there",
    );
    assert.ok(bridge.logged("warn").includes("An attachment could not be copied"));
  }, { simulator: { clock } });
});

Deno.test("Inbox names an attachment that cannot be copied", async () => {
  await scene(async ({ visitor, thread, alice, discord }) => {
    discord.world.cdnOrigin = "http://127.0.0.1:9";
    alice.say(thread, "Here", { files: [{ name: "lost.pdf", data: "x" }] });
    const [heard] = await visitor.untilHeard(1);
    assert.equal(heard?.content, "Here\n[lost.pdf]");
  });
});

Deno.test("Inbox takes an attachment away that staff take away", async () => {
  await scene(async ({ visitor, thread, alice, discord }) => {
    const { id } = alice.say(thread, "Both", {
      files: [{ name: "a.txt", data: "a" }, { name: "b.txt", data: "b" }],
    });
    await visitor.untilHeard(1);
    const message = discord.world.message(thread, id);
    message.attachments = message.attachments.slice(1);
    alice.edit(thread, id, "One");
    await visitor.until(() => visitor.texts[0] === "One", "the edit");
    assert.deepEqual(visitor.heard[0]?.files?.map(({ name }) => name), ["b.txt"]);
  });
});
