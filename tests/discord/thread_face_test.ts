// Whether a conversation is closed, as its thread shows it: also when Discord does not answer for a while, and never against staff.
import assert from "node:assert/strict";
import type { APIThreadChannel } from "discord-api-types/v10";
import type { DiscordSimulator, Fault } from "../support/discord/mod.ts";
import type { Bridge } from "./bridge.ts";
import { type Talk, talk } from "./talk.ts";
import { WatchedStore } from "./watched_store.ts";

const THREAD = "/channels/:channel_id";
const UNAVAILABLE = { kind: "status", status: 500 } as const;
const CLOSED_LATER =
  "Closed, and the visitor was told. Discord does not archive the thread right now, this is tried again until it does.";

interface Scene extends Talk {
  /** Uses a command as Alice and gives its answer. */
  readonly use: (command: string, bridge?: Bridge) => Promise<string>;
  readonly tags: () => readonly string[];
  readonly isArchived: () => boolean;
  /** Waits until nothing is to be shown any more. */
  readonly untilSettled: () => Promise<void>;
  /** Lets every change of a thread fail until that is taken back. */
  readonly failing: (fault?: Partial<Fault>) => ReturnType<DiscordSimulator["faults"]["add"]>;
}

async function scene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const store = new WatchedStore();
  await talk(async (present) => {
    const { discord, thread, alice, bridge: first } = present;
    await discord.until(() => discord.world.commands.length > 0);
    const threadNow = (): APIThreadChannel | undefined => discord.threads().find(({ id }) => id === thread);
    await work({
      ...present,
      use: async (command, bridge = first) => {
        const used = alice.slash(thread, command);
        await bridge.until(() => used.responses[0]?.content, `the answer to /${command}`);
        return used.responses[0]?.content ?? "";
      },
      tags: () => {
        const parent = discord.world.channel(present.channel);
        return (threadNow()?.applied_tags ?? []).map((id) =>
          parent.tags.find((tag) => tag.id === id)?.name ?? id
        );
      },
      isArchived: () => threadNow()?.thread_metadata?.archived === true,
      untilSettled: () =>
        store.until("nothing to be shown any more", "discord.toShow", (note) => note === undefined),
      failing: (fault = {}) =>
        discord.faults.add({ method: "PATCH", route: THREAD, times: 1_000, action: UNAVAILABLE, ...fault }),
    });
  }, { store, simulator: { tags: ["open", "closed"] } });
}

Deno.test("ThreadFace archives and tags a thread after a hiccup, and /close says that this comes", async () => {
  await scene(async (present) => {
    const { bridge, discord, visitor, use, tags, isArchived, failing } = present;
    const fault = failing({ times: 2 });
    assert.equal(await use("close"), CLOSED_LATER);
    await discord.until(() => isArchived());
    assert.equal(fault.hits, 2);
    assert.deepEqual(tags(), ["closed"]);
    assert.deepEqual(visitor.texts, ["This conversation was closed."]);
    assert.deepEqual(bridge.logged("error"), []);
  });
});

Deno.test("ThreadFace wakes and tags a thread that was opened again in a hiccup", async () => {
  await scene(async (present) => {
    const { discord, use, tags, isArchived, failing } = present;
    await use("close");
    const fault = failing({ times: 2 });
    assert.match(await use("reopen"), /^Opened again, .* Discord does not open the thread right now/);
    await discord.until(() => !isArchived());
    assert.equal(fault.hits, 2);
    assert.deepEqual(tags(), ["open"]);
  });
});

Deno.test("ThreadFace tags a thread as open after a hiccup when the visitor's message has woken it", async () => {
  await scene(async (present) => {
    const { discord, visitor, use, tags, isArchived, failing } = present;
    await use("close");
    const fault = failing({ times: 1 });
    await visitor.say("One more thing");
    await visitor.until(() => visitor.delivered.includes("One more thing"), "the message");
    await discord.until(() => tags().join() === "open");
    assert.deepEqual([fault.hits, isArchived()], [1, false]);
  });
});

for (const command of ["close", "reopen"]) {
  Deno.test(`ThreadFace shows after a restart what /${command} could not show before it`, async () => {
    await scene(async (present) => {
      const { discord, use, tags, isArchived, failing, leave, back } = present;
      if (command === "reopen") await use("close");
      const fault = failing();
      await use(command);
      await leave();
      fault.remove();
      const isClosed = command === "close";
      assert.equal(isArchived(), !isClosed);
      await back();
      await discord.until(() => isArchived() === isClosed);
      await discord.until(() => tags().join() === (isClosed ? "closed" : "open"));
    });
  });
}

Deno.test("ThreadFace leaves a thread as staff have put it by hand meanwhile", async () => {
  await scene(async (present) => {
    const { discord, alice, thread, use, isArchived, failing } = present;
    await use("close");
    const fault = failing();
    await use("reopen");
    await discord.until(() => fault.hits >= 2);
    alice.editThread(thread, { archived: false });
    alice.editThread(thread, { archived: true });
    fault.remove();
    const before = discord.requests.length;
    await present.untilSettled();
    assert.equal(isArchived(), true);
    const changes = discord.requests.slice(before).filter(({ method }) => method === "PATCH");
    assert.deepEqual(changes.filter(({ route, status }) => route === THREAD && status === 200), []);
  });
});

Deno.test("ThreadFace shows what was decided last when that changes while Discord does not answer", async () => {
  await scene(async (present) => {
    const { discord, use, tags, isArchived, failing } = present;
    const fault = failing();
    await use("close");
    await use("reopen");
    fault.remove();
    await present.untilSettled();
    assert.deepEqual([isArchived(), tags()], [false, ["open"]]);
    assert.ok(
      discord.requests.every(({ route, status, body }) =>
        route !== THREAD || status !== 200 || !JSON.stringify(body ?? {}).includes('"archived":true')
      ),
    );
  });
});

Deno.test("ThreadFace tries no more what Discord refuses, and /close says why the thread stays open", async () => {
  for (
    const [body, words] of [
      [
        { code: 50013, message: "Missing Permissions" },
        "The thread stays open: the bot needs Manage Threads.",
      ],
      [{ code: 160005, message: "Thread is locked" }, "Discord refuses to archive the thread"],
    ] as const
  ) {
    await scene(async (present) => {
      const { bridge, use, failing } = present;
      const fault = failing({ action: { kind: "status", status: body.code === 50013 ? 403 : 400, body } });
      const answer = await use("close");
      assert.ok(answer.includes(words), answer);
      await present.untilSettled();
      assert.equal(fault.hits, 1);
      assert.equal(
        bridge.logged("warn").filter((line) => line.startsWith("A thread does not show")).length,
        1,
      );
    });
  }
});

Deno.test("ThreadFace wakes a thread once the server has room for another active one", async () => {
  await scene(async (present) => {
    const { discord, use, tags, isArchived, failing } = present;
    await use("close");
    const body = { code: 160006, message: "Maximum number of active threads reached" };
    const fault = failing({ times: 2, action: { kind: "status", status: 400, body } });
    assert.match(await use("reopen"), /tried again/);
    await discord.until(() => !isArchived());
    assert.equal(fault.hits, 2);
    assert.deepEqual(tags(), ["open"]);
  });
});

Deno.test("ThreadFace archives a thread again that a change has woken, after a hiccup", async () => {
  await scene(async (present) => {
    const { discord, visitor, use, isArchived, failing } = present;
    await use("close");
    const [first] = visitor.seen.values();
    const fault = failing({
      times: 1,
      when: ({ body }) => JSON.stringify(body ?? {}).includes('"archived":true'),
    });
    await visitor.edit(first?.seq ?? 0, "Hello, edited");
    await visitor.until(() => visitor.delivered.includes("Hello, edited"), "the edit");
    await discord.until(() => fault.hits === 1 && isArchived());
  });
});
