import assert from "node:assert/strict";
import { createMessage } from "../support/discord/actions/messages.ts";
import type { Visitor } from "./bridge.ts";
import { scene } from "./scene.ts";

Deno.test("Courtesies react to the last staff message that the visitor has read", async () => {
  await scene(async ({ discord, bridge, visitor, thread, alice }) => {
    alice.say(thread, "one");
    const { id } = alice.say(thread, "two");
    const heard = await visitor.untilHeard(2);
    await bridge.chatBox.worker1.markRead(visitor.uid, heard.at(-1)?.seq ?? 0);
    await discord.until(() => discord.messages(thread).some(({ reactions }) => reactions !== undefined));
    const marked = discord.messages(thread).filter(({ reactions }) => reactions !== undefined);
    assert.deepEqual(marked.map((message) => message.id), [id]);
    assert.deepEqual(marked[0]?.reactions?.map(({ me, emoji }) => [me, emoji.name]), [[true, "👀"]]);
  });
});

Deno.test("Courtesies ask no more for what the bot is not allowed", async () => {
  await scene(async ({ discord, bridge, visitor, thread, alice, channel }) => {
    discord.denyBot(channel, "AddReactions");
    for (const text of ["one", "two"]) {
      alice.say(thread, text);
      const before = discord.invalidRequests;
      const heard = await visitor.until(() => visitor.texts.includes(text) && visitor.heard, text);
      await bridge.chatBox.worker1.markRead(visitor.uid, heard.at(-1)?.seq ?? 0);
      if (text === "one") await discord.until(() => discord.invalidRequests > before);
    }
    await visitor.say("Still talking");
    await visitor.untilDelivered(2);
    assert.equal(discord.invalidRequests, 1);
    assert.ok(bridge.logged("warn").some((line) => line.includes("Add Reactions")));
  });
});

Deno.test("[O2] Courtesies go on with other messages and threads after one reaction is refused", async () => {
  await scene(async ({ discord, bridge, visitor, thread, alice }) => {
    const other = await bridge.visitor();
    await other.say("Hello");
    const elsewhere = await other.untilDelivered(1);
    const read = async (who: Visitor, where: string, text: string): Promise<void> => {
      alice.say(where, text);
      const heard = await who.until(() => who.texts.includes(text) && who.heard, text);
      const before = reactions();
      await bridge.chatBox.worker1.markRead(who.uid, heard.at(-1)?.seq ?? 0);
      await discord.until(() => reactions() > before);
    };
    const reactions = (): number => discord.requests.filter(({ method }) => method === "PUT").length;
    const refuse = (code: number): void => {
      discord.faults.add({
        method: "PUT",
        action: { kind: "status", status: 403, body: { code, message: "Refused" } },
      });
    };
    refuse(90001);
    await read(visitor, thread, "one");
    await read(visitor, thread, "two");
    await read(other, elsewhere, "three");
    refuse(50013);
    await read(visitor, thread, "four");
    await bridge.until(
      () => bridge.logged("warn").filter((line) => line.includes("Add Reactions")).length === 2,
      "the second refusal",
    );
    await read(other, elsewhere, "five");
    assert.equal(discord.invalidRequests, 2);
  });
});

Deno.test("Courtesies show that a visitor is typing, once in eight seconds", async () => {
  await scene(async ({ discord, bridge, visitor }) => {
    const shown = (): number => discord.requests.filter(({ path }) => path.endsWith("/typing")).length;
    for (let index = 0; index < 5; index++) await bridge.chatBox.worker1.typing(visitor.uid, "");
    await discord.until(() => shown() > 0);
    await visitor.say("Done");
    await visitor.untilDelivered(2);
    assert.equal(shown(), 1);
    assert.deepEqual(visitor.typists, [], "the bot's own typing comes back to nobody");
  });
});

Deno.test("Inbox tells the visitor what staff have read once they write or type", async () => {
  await scene(async ({ visitor, thread, alice }) => {
    alice.say(thread, "Answer");
    await visitor.until(() => visitor.readBy === 1, "the first to be read");
    const { seq } = await visitor.say("More");
    await visitor.until(() => visitor.arrived === seq, "the arrival");
    assert.equal(visitor.readBy, 1);
    alice.type(thread);
    await visitor.until(() => visitor.readBy === seq, "the second to be read");
  });
});

Deno.test("Inbox hears only members with the staff role, by name or id, also when it reads later", async () => {
  await scene(async ({ discord, bridge, visitor, thread, alice }) => {
    const guest = discord.staff("Guest", { roles: [] });
    guest.say(thread, "not for visitors");
    guest.type(thread);
    alice.say(thread, "for visitors");
    await visitor.untilHeard(1);
    discord.dropGateway({ resumable: false });
    guest.say(thread, "still not");
    alice.say(thread, "meanwhile");
    await visitor.untilHeard(2);
    assert.deepEqual(visitor.texts, ["for visitors", "meanwhile"]);
    assert.deepEqual(visitor.typists, []);
    assert.deepEqual(bridge.logged("error"), []);
  }, { staffRole: "staff" });
});

Deno.test("Inbox says what stickers, polls and forwards are", async () => {
  await scene(async ({ discord, visitor, thread, alice }) => {
    const lobby = discord.createTextChannel("lobby");
    const { id: messageId } = alice.say(lobby, "From the lobby");
    alice.say(thread, "", { stickers: ["Wave"] });
    alice.say(thread, "", { poll: { question: "When?", answers: ["Today", "Never"] } });
    alice.say(thread, "", { forward: { channelId: lobby, messageId } });
    await visitor.untilHeard(3);
    assert.deepEqual(visitor.texts, ["[Wave]", "When?\n- Today\n- Never", "From the lobby"]);
  });
});

Deno.test("Inbox forwards in readable words: mentions, emoji, times, commands and marks", async () => {
  await scene(async ({ discord, visitor, thread, alice }) => {
    const lobby = discord.createTextChannel("lobby");
    const staff = [...discord.world.roles.values()].find(({ name }) => name === "Staff");
    const { id: messageId } = alice.say(
      lobby,
      `**Ask** <@${alice.id}> or <@&${staff?.id}> in <#${lobby}> <:party:444444444444444444> ` +
        "</close:555555555555555555> _at_ <t:1700000000:f>",
      { files: [{ name: "_my_-plan.txt", data: "plan" }] },
    );
    alice.say(thread, "", { forward: { channelId: lobby, messageId } });
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, [
      "Ask @Alice or @Staff in #lobby :party: /close at 2023-11-14 22:13 UTC\n[_my_-plan.txt]",
    ]);
  });
});

Deno.test("Inbox shows an embed in readable words, in a message and in a forward", async () => {
  await scene(async ({ discord, visitor, thread, alice }) => {
    const lobby = discord.createTextChannel("lobby");
    const embeds = [{
      type: "rich",
      title: `**Hours** of <@${alice.id}>`,
      description: "from <t:1700000000:t> on\n- ~~never~~ <:party:444444444444444444>",
    }];
    const draft = { authorId: alice.id, content: `For <@${alice.id}>`, embeds } as Parameters<
      typeof createMessage
    >[2];
    const { id: messageId } = createMessage(discord.world, discord.world.channel(lobby), draft);
    createMessage(discord.world, discord.world.channel(thread), draft);
    alice.say(thread, "", { forward: { channelId: lobby, messageId } });
    await visitor.untilHeard(2);
    const words = "For @Alice\nHours of @Alice\nfrom 2023-11-14 22:13 UTC on\n- never :party:";
    assert.deepEqual(visitor.texts, [words, words]);
    const nodes = visitor.heard[0]?.data?.nodes;
    assert.match(JSON.stringify(nodes), /"text":"Hours of @Alice"/);
  });
});

Deno.test("Inbox brings a note to the visitor once its prefix is edited away", async () => {
  await scene(async ({ visitor, thread, alice }) => {
    const { id } = alice.say(thread, "// for all to see");
    alice.edit(thread, id, "for all to see");
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["for all to see"]);
  });
});
