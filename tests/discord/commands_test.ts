import assert from "node:assert/strict";
import type { APIThreadChannel } from "discord-api-types/v10";
import { isSnowflake } from "../../src/discord/mod.ts";
import type { DiscordSimulator, SimulatorOptions, StaffMember } from "../support/discord/mod.ts";
import type { Dispatch } from "../support/discord/world.ts";
import { Bridge, type BridgeOptions, type Visitor, withDiscord } from "./bridge.ts";
import { talk } from "./talk.ts";

const EPHEMERAL = 1 << 6;

interface Scene {
  readonly discord: DiscordSimulator;
  readonly bridge: Bridge;
  readonly visitor: Visitor;
  readonly channel: string;
  readonly thread: string;
  readonly alice: StaffMember;
  /** Uses a command and gives its answer. */
  readonly use: (command: string, options?: Record<string, string>, by?: StaffMember) => Promise<string>;
  readonly threadNow: () => APIThreadChannel | undefined;
}

interface SceneOptions extends BridgeOptions {
  readonly tags?: readonly string[];
  readonly simulator?: SimulatorOptions;
}

/** A visitor with a thread, and Alice who uses commands in it. */
async function scene(work: (scene: Scene) => Promise<void>, options: SceneOptions = {}): Promise<void> {
  const { tags = ["open", "closed"], simulator, ...rest } = options;
  await withDiscord(async (discord) => {
    const channel = discord.createForum("support", { tags });
    assert.ok(isSnowflake(channel));
    await using bridge = await (await Bridge.start(discord, { ...rest, channelId: channel })).ready();
    await discord.until(() => discord.world.commands.length > 0);
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    const alice = discord.staff("Alice");
    const use: Scene["use"] = async (command, values = {}, by = alice) => {
      const used = by.slash(thread, command, values);
      await bridge.until(() => used.responses[0]?.content, `the answer to /${command}`);
      const [answer] = used.responses;
      assert.equal((answer?.flags ?? 0) & EPHEMERAL, EPHEMERAL, "only who used it sees the answer");
      return answer?.content ?? "";
    };
    const threadNow = (): APIThreadChannel | undefined => discord.threads().find(({ id }) => id === thread);
    await work({ discord, bridge, visitor, channel, thread, alice, use, threadNow });
  }, simulator);
}

function tagNames({ discord, channel, threadNow }: Scene): readonly string[] {
  const { tags } = discord.world.channel(channel);
  return (threadNow()?.applied_tags ?? []).map((id) => tags.find((tag) => tag.id === id)?.name ?? id);
}

Deno.test("Desk closes a conversation: the visitor is told, the thread is archived and tagged", async () => {
  await scene(async (present) => {
    const { visitor, use, threadNow } = present;
    assert.deepEqual(tagNames(present), ["open"]);
    assert.equal(await use("close", { reason: "Solved" }), "Closed, and the visitor was told.");
    const [told] = await visitor.untilHeard(1);
    assert.equal(told?.content, "This conversation was closed: Solved");
    assert.equal(told?.data?.system, true);
    assert.equal(threadNow()?.thread_metadata?.archived, true);
    assert.deepEqual(tagNames(present), ["closed"]);
  });
});

Deno.test("Desk opens a closed conversation at the visitor's next message", async () => {
  await scene(async (present) => {
    const { visitor, use, threadNow, bridge } = present;
    await use("close");
    await visitor.say("One more thing");
    await visitor.until(() => visitor.delivered.includes("One more thing"), "the message");
    assert.equal(threadNow()?.thread_metadata?.archived, false);
    assert.deepEqual(tagNames(present), ["open"]);
    assert.equal(await visitor.connection.properties.get("closed"), undefined);
    assert.deepEqual(bridge.logged("warn"), []);
  });
});

Deno.test("Desk keeps a closed conversation closed to visitors when only staff open it", async () => {
  await scene(async ({ visitor, use }) => {
    await use("close");
    const { seq } = await visitor.say("Anybody?");
    await visitor.until(() => visitor.seen.get(seq)?.failed, "the failure");
    assert.match(visitor.seen.get(seq)?.failed ?? "", /was closed/);
    assert.equal(await use("reopen"), "Opened again, and the visitor was told.");
    await visitor.say("Now?");
    await visitor.until(() => visitor.delivered.includes("Now?"), "the message");
    assert.ok(!visitor.delivered.includes("Anybody?"));
  }, { reopenOn: "staff" });
});

Deno.test("Desk opens a closed conversation when staff write for the visitor", async () => {
  await scene(async (present) => {
    const { visitor, use, alice, thread } = present;
    await use("close");
    alice.say(thread, "I forgot something");
    await visitor.until(() => visitor.texts.includes("I forgot something"), "the message");
    await present.discord.until(() => tagNames(present).join() === "open");
    assert.equal(await visitor.connection.properties.get("closed"), undefined);
  });
});

Deno.test("Desk closes a conversation although the bot may not manage threads, and says what is missing", async () => {
  await scene(async ({ visitor, use, discord, bridge }) => {
    discord.faults.add({
      method: "PATCH",
      route: "/channels/:channel_id",
      action: { kind: "status", status: 403, body: { code: 50013, message: "Missing Permissions" } },
    });
    assert.match(await use("close"), /the bot needs Manage Threads/);
    await visitor.untilHeard(1);
    assert.ok(bridge.logged("warn").some((line) => line.includes("Manage Threads")));
  });
});

Deno.test("Commands block a visitor for a time or for ever, and let them in again", async () => {
  await scene(async ({ visitor, use }) => {
    assert.match(await use("block", { duration: "soon" }), /Cannot block: soon is no duration, allowed is/);
    await visitor.say("Still here");
    assert.match(await use("block", { duration: "30m" }), /^Blocked until <t:\d+:f>\.$/);
    await assert.rejects(visitor.say("Hey"), { code: "blocked" });
    assert.match(await use("who"), /Blocked: until <t:/);
    assert.equal(await use("unblock"), "Not blocked any more.");
    await visitor.say("Thanks");
    assert.equal(await use("unblock"), "This visitor is not blocked.");
    assert.match(await use("block"), /until somebody uses/);
    await assert.rejects(visitor.say("Hey"), { code: "blocked" });
    assert.deepEqual(visitor.heard, [], "nobody tells the visitor");
  });
});

Deno.test("Commands give the transcript as a file", async () => {
  await scene(async ({ visitor, thread, alice, discord, bridge }) => {
    alice.say(thread, "Hi there");
    await visitor.untilHeard(1);
    const { seq } = await visitor.say("secret");
    await visitor.delete(seq);
    const used = alice.slash(thread, "transcript");
    await bridge.until(() => used.responses[0]?.attachments.length, "the file");
    const [file] = used.responses[0]?.attachments ?? [];
    assert.equal(file?.filename, `transcript-${visitor.uid}.txt`);
    const bytes = discord.world.files.get(file?.id ?? "");
    const text = new TextDecoder().decode(bytes);
    assert.match(
      text,
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d Visitor: Hello\n\S+ \S+ Alice: Hi there\n\S+ \S+ Visitor \(deleted\): \n$/,
    );
  });
});

Deno.test("Commands write a note that the visitor does not see", async () => {
  await scene(async ({ visitor, thread, alice, discord, use }) => {
    assert.match(await use("note", { text: "@everyone is *rude*" }), /does not see it/);
    assert.equal(discord.messages(thread).at(-1)?.content, "**Note by Alice:** @everyone is *rude*");
    alice.say(thread, "Visible");
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["Visible"]);
    assert.deepEqual(discord.pings, []);
  });
});

Deno.test("Commands tell who a visitor is", async () => {
  await scene(async ({ visitor, use }) => {
    await visitor.connection.properties.update({
      page: { url: "https://shop.example/cart", title: "Cart" },
      locale: "de",
      visitor: { name: "Ada", email: "ada@example.org", verified: true },
    });
    const who = await use("who");
    assert.match(who, new RegExp(`Visitor \`${visitor.uid}\``));
    assert.match(
      who,
      /Identified: Ada, ada@example\.org\nPage: Cart, <https:\/\/shop\.example\/cart>\nLanguage: de/,
    );
    assert.match(who, /First seen: <t:\d+:f>\nLast seen: <t:\d+:f>/);
  });
});

Deno.test("Commands tell whether the visitor has read the last answer, also in a closed conversation", async () => {
  await scene(async ({ bridge, visitor, thread, alice, use }) => {
    assert.doesNotMatch(await use("who"), /Your last message/);
    alice.say(thread, "Bye");
    const [bye] = await visitor.untilHeard(1);
    await use("close");
    assert.match(await use("who"), /^Your last message: not read yet$/m);
    await bridge.chatBox.worker1.markRead(visitor.uid, bye?.seq ?? 0);
    assert.match(await use("who"), /^Your last message: read$/m);
  });
});

Deno.test("Commands are only for those who may write in the thread, and of the staff", async () => {
  await scene(async ({ discord, channel, use, visitor }) => {
    const guest = discord.staff("Guest", { roles: [] });
    assert.match(await use("close", {}, guest), /You may not use/);
    const mute = discord.staff("Mute");
    const { overwrites } = discord.world.channel(channel);
    overwrites.push({ id: mute.id, type: 1, allow: "0", deny: String(1n << 38n) });
    assert.match(await use("block", {}, mute), /You may not use/);
    await visitor.say("Still open");
    assert.equal(visitor.heard.length, 0);
    assert.match(await use("who"), /Visitor/);
  }, { staffRole: "Staff" });
});

Deno.test("Commands say where they are of use when used elsewhere", async () => {
  await scene(async ({ discord, alice, bridge }) => {
    const used = alice.slash(discord.createTextChannel("lobby"), "close");
    await bridge.until(() => used.responses[0]?.content, "the answer");
    assert.equal(used.responses[0]?.content, "Use /close in the thread of a visitor.");
  });
});

Deno.test("Commands do nothing twice when the answer to the acknowledgement is lost", async () => {
  await scene(async ({ discord, use, visitor }) => {
    discord.faults.add({ method: "POST", route: /^\/interactions\//, action: { kind: "lose" } });
    await use("close");
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["This conversation was closed."]);
  });
});

Deno.test("DiscordService carries conversations on a server that knows no slash commands", async () => {
  await withDiscord(async (discord) => {
    discord.faults.add({
      method: "PUT",
      route: /\/commands$/,
      action: { kind: "status", status: 404, body: { code: 0, message: "404: Not Found" } },
    });
    await using bridge = await (await Bridge.start(discord)).ready();
    await bridge.until(
      () => bridge.logged("warn").includes("The slash commands are not available"),
      "the warning",
    );
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    await visitor.untilDelivered(1);
    assert.equal(bridge.service.status.ready, true);
  });
});

Deno.test("Commands carries out once what the gateway tells twice", async () => {
  await scene(async ({ discord, visitor, use, bridge }) => {
    const told: Dispatch[] = [];
    discord.world.onDispatch((event) => {
      if (event.t === "INTERACTION_CREATE") told.push(event);
    });
    await use("close", { reason: "Solved" });
    for (const event of told.slice()) discord.world.dispatch(event);
    // What was told twice would have its turn before the second of these.
    for (let asked = 0; asked < 2; asked++) await use("who");
    assert.equal(told.length, 4);
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["This conversation was closed: Solved"]);
    assert.deepEqual(bridge.logged("warn"), []);
  });
});

Deno.test("Desk and block hold across a restart", async () => {
  await talk(async ({ discord, bridge, thread, alice, leave, back }) => {
    await discord.until(() => discord.world.commands.length > 0);
    for (const command of ["close", "block"]) {
      const used = alice.slash(thread, command);
      await bridge.until(() => used.responses[0]?.content, command);
    }
    await leave();
    const { bridge: second, visitor: again } = await back();
    await second.ready();
    await assert.rejects(again.say("Hey"), { code: "blocked" });
    assert.ok(await again.connection.properties.get("closed"));
  });
});
