import assert from "node:assert/strict";
import fc from "fast-check";
import { neutralName, webhookName } from "../../src/discord/persona/webhook_name.ts";
import type { Visitor } from "./bridge.ts";
import { scene } from "./scene.ts";

const EXECUTE = "/webhooks/:webhook_id/:webhook_token";
const UID = "6f4d366e-d6b5-4768-874c-96566175339c";

async function becomes(visitor: Visitor, name: string): Promise<void> {
  await visitor.connection.properties.set("visitor", { name, verified: true });
}

Deno.test("webhookName gives only names that Discord takes", () => {
  for (const name of ["everyone", "Here", "", "  ", "@", "\u202e"]) {
    assert.equal(webhookName(name, UID), "Visitor 6f4d366e");
  }
  assert.equal(webhookName(" Ada  Lovelace ", UID), "Ada Lovelace");
  fc.assert(fc.property(
    fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 300 }),
      fc.constantFrom("Discord", "my clyde", "x```y"),
    ),
    (name) => {
      const made = webhookName(name, UID);
      assert.ok(made.length >= 1 && made.length <= 80 && made.isWellFormed(), made);
      assert.doesNotMatch(made, /discord|clyde|```|[@#:]/i);
      assert.equal(made, made.trim());
    },
  ));
});

Deno.test("Poster speaks for visitors under their names by a webhook, and takes none of it for the staff's", async () => {
  await scene(async ({ discord, visitor, thread, alice }) => {
    await becomes(visitor, "Ada Discord");
    const { seq } = await visitor.say("By name");
    await discord.until(() => discord.messages(thread).some(({ content }) => content === "By name"));
    const said = discord.messages(thread).find(({ content }) => content === "By name");
    assert.equal(said?.author.username, "Ada D\u200biscord");
    alice.say(thread, "Hi Ada");
    await visitor.untilHeard(1);
    assert.deepEqual(visitor.texts, ["Hi Ada"]);
    await visitor.edit(seq, "By name, edited");
    await discord.until(() => discord.messages(thread).some(({ content }) => content === "By name, edited"));
    await visitor.delete(seq);
    await discord.until(() => !discord.messages(thread).some(({ content }) => content === "By name, edited"));
    assert.deepEqual(discord.pings, []);
  }, { persona: "webhook", simulator: {} });
});

Deno.test("[X3] Poster reads the thread before it says something again by a webhook", async () => {
  await scene(async ({ discord, visitor, thread }) => {
    const fault = discord.faults.add({
      method: "POST",
      route: EXECUTE,
      times: 2,
      action: { kind: "truncate" },
    });
    await visitor.say("Once");
    await visitor.say("Twice");
    await discord.until(() => discord.messages(thread).some(({ content }) => content.includes("Twice")));
    assert.ok(fault.hits > 0);
    const text = discord.messages(thread).map(({ content }) => content).join("\n");
    assert.deepEqual([text.split("Once").length, text.split("Twice").length], [2, 2]);
  }, { persona: "webhook" });
});

Deno.test("Poster makes a new webhook when the old one is gone, and keeps the visitor's name", async () => {
  await scene(async ({ discord, visitor, thread }) => {
    await becomes(visitor, "Ada");
    discord.world.webhooks.clear();
    await visitor.say("Again");
    await discord.until(() => discord.messages(thread).some(({ content }) => content === "Again"));
    assert.equal(discord.messages(thread).at(-1)?.author.username, "Ada");
    assert.equal(discord.world.webhooks.size, 1);
  }, { persona: "webhook" });
});

Deno.test("Poster speaks under a neutral name when the webhook is gone and the visitor's name is refused", async () => {
  await scene(async ({ discord, bridge, visitor, thread }) => {
    await becomes(visitor, "Ada");
    discord.world.webhooks.clear();
    discord.faults.add({
      method: "POST",
      route: EXECUTE,
      // Whoever asks with a webhook that is there.
      when: ({ path, body }) =>
        discord.world.webhooks.has(path.split("/")[2] ?? "") && JSON.stringify(body).includes("Ada"),
      action: {
        kind: "status",
        status: 400,
        body: {
          code: 50035,
          message: "Invalid Form Body",
          errors: { username: { _errors: [{ code: "USERNAME_INVALID", message: "Not that" }] } },
        },
      },
    });
    await visitor.say("Again");
    await discord.until(() => discord.messages(thread).some(({ content }) => content === "Again"));
    const said = discord.messages(thread).at(-1);
    assert.equal(said?.author.username, neutralName(visitor.connection.uid));
    assert.notEqual(said?.webhook_id, undefined);
    assert.deepEqual(bridge.logged("error"), []);
  }, { persona: "webhook" });
});

Deno.test("Poster lets the bot speak where it may have no webhook, and says so", async () => {
  await scene(async ({ discord, bridge, visitor, thread }) => {
    await becomes(visitor, "Ada");
    await visitor.say("By the bot");
    await discord.until(() =>
      discord.messages(thread).some(({ content }) => content === "**Ada:** By the bot")
    );
    assert.ok(bridge.logged("error").some((line) => line.includes("Manage Webhooks")));
  }, {
    persona: "webhook",
    simulator: {
      botPermissions: [
        "ViewChannel",
        "SendMessages",
        "SendMessagesInThreads",
        "CreatePublicThreads",
        "ReadMessageHistory",
        "AttachFiles",
        "AddReactions",
        "ManageThreads",
      ],
    },
  });
});

Deno.test("Outbox puts the name of an identified visitor before their words", async () => {
  await scene(async ({ bridge, discord, channel }) => {
    const ada = await bridge.visitor();
    await becomes(ada, "Ada *L*");
    const { seq } = await ada.say("Hi");
    const thread = await ada.untilDelivered(1);
    assert.equal(
      discord.threads(channel).find(({ id }) => id === thread)?.name,
      `Ada *L* (${ada.uid.slice(0, 8)})`,
    );
    assert.deepEqual(ada.delivered, ["**Ada \\*L\\*:** Hi"]);
    assert.match(discord.messages(thread)[0]?.content ?? "", /Identified: Ada \\\*L\\\*$/m);
    await ada.edit(seq, "Hello");
    await ada.until(() => ada.delivered[0] === "**Ada \\*L\\*:** Hello", "the edit");
  });
});

for (const name of ["everyone", "discord", "👩‍👩‍👧‍👦".repeat(200)]) {
  for (const persona of ["bot", "webhook"] as const) {
    Deno.test(`Outbox delivers for a visitor named ${[...name].slice(0, 8).join("")} as ${persona}`, async () => {
      await scene(async ({ bridge, discord }) => {
        const visitor = await bridge.visitor();
        await becomes(visitor, name);
        await visitor.say("It is me");
        await visitor.until(
          () =>
            visitor.thread !== undefined &&
            discord.messages(visitor.thread).some(({ content }) => content.endsWith("It is me")),
          "the message",
        );
        assert.deepEqual(discord.pings, []);
        assert.deepEqual(bridge.logged("error"), []);
      }, { persona });
    });
  }
}

Deno.test("neutralName is one to which nobody can object", () => {
  assert.equal(webhookName(neutralName(UID), UID), neutralName(UID));
});
