// The mark on what a visitor has read, where it could not be put at once: it comes, and never brings a closed thread back by itself.
import assert from "node:assert/strict";
import type { Bridge, Visitor } from "./bridge.ts";
import { type Talk, talk, type TalkOptions } from "./talk.ts";
import { WatchedStore } from "./watched_store.ts";

const REACTION = "/channels/:channel_id/messages/:message_id/reactions/:emoji/@me";

interface Scene extends Talk {
  readonly store: WatchedStore;
  /** Alice writes, and the visitor reads it. @returns the id of what she wrote */
  readonly said: (text: string) => Promise<string>;
  readonly reads: (bridge?: Bridge, visitor?: Visitor) => Promise<void>;
  readonly close: () => Promise<void>;
  /** The messages that bear the mark. */
  readonly marked: () => readonly string[];
  /** How often Discord was asked for one. */
  readonly asked: () => number;
  readonly isArchived: () => boolean;
}

async function scene(work: (scene: Scene) => Promise<void>, options: TalkOptions = {}): Promise<void> {
  const store = new WatchedStore();
  await talk(async (present) => {
    const { discord, thread, alice, bridge, visitor } = present;
    await discord.until(() => discord.world.commands.length > 0);
    await work({
      ...present,
      store,
      said: async (text) => {
        const { id } = alice.say(thread, text);
        await visitor.until(() => visitor.texts.includes(text), text);
        return id;
      },
      reads: (reading = bridge, reader = visitor) =>
        reading.chatBox.worker1.markRead(reader.uid, Math.max(...reader.heard.map(({ seq }) => seq))),
      close: async () => {
        const used = alice.slash(thread, "close");
        await bridge.until(() => used.responses[0]?.content, "the answer to /close");
      },
      marked: () =>
        discord.messages(thread).filter(({ reactions = [] }) => reactions.some(({ me }) => me)).map((
          { id },
        ) => id),
      asked: () => discord.requests.filter(({ route }) => route === REACTION).length,
      isArchived: () => discord.world.thread(thread).thread.archived,
    });
  }, { store, ...options });
}

function untilNoted(store: WatchedStore, why: string | undefined): Promise<void> {
  return store.until(`the mark to be noted as ${why}`, "discord.toMark", (value) => value === why);
}

Deno.test("Courtesies mark the goodbye that was read in a closed thread once the visitor's next message wakes it", async () => {
  await scene(async ({ discord, store, visitor, said, reads, close, marked, asked, isArchived }) => {
    const bye = await said("Bye");
    await close();
    await reads();
    await untilNoted(store, "archived");
    assert.deepEqual([isArchived(), asked(), marked()], [true, 1, []]);
    await visitor.say("One more thing");
    await discord.until(() => marked().length > 0);
    assert.deepEqual(marked(), [bye]);
    await untilNoted(store, undefined);
  });
});

Deno.test("Courtesies leave a closed thread asleep for a mark, and ask no more until somebody wakes it", async () => {
  await scene(
    async ({ bridge, discord, store, thread, alice, said, reads, close, marked, asked, isArchived }) => {
      await said("Bye");
      await close();
      await reads();
      await untilNoted(store, "archived");
      await reads(bridge);
      const bye = discord.messages(thread).findLast(({ content }) => content === "Bye")?.id;
      assert.deepEqual([isArchived(), asked()], [true, 1]);
      alice.editThread(thread, { archived: false });
      await discord.until(() => marked().length > 0);
      assert.deepEqual([marked(), asked()], [[bye], 2]);
    },
  );
});

Deno.test("Courtesies put a mark once Discord answers again, on the last of what was read by then", async () => {
  await scene(async ({ discord, store, said, reads, marked, asked }) => {
    const fault = discord.faults.add({
      method: "PUT",
      route: REACTION,
      times: 1_000,
      action: { kind: "status", status: 503 },
    });
    await said("one");
    await reads();
    await untilNoted(store, "unreachable");
    const two = await said("two");
    await reads();
    await discord.until(() => asked() >= 3);
    fault.remove();
    await untilNoted(store, undefined);
    assert.deepEqual(marked(), [two]);
  });
});

Deno.test("Courtesies put after a restart the mark that an outage kept from staff", async () => {
  await scene(async ({ discord, store, said, reads, leave, back, marked }) => {
    const fault = discord.faults.add({
      method: "PUT",
      route: REACTION,
      times: 1_000,
      action: { kind: "status", status: 503 },
    });
    const last = await said("one");
    await reads();
    await untilNoted(store, "unreachable");
    await leave();
    fault.remove();
    await back();
    await discord.until(() => marked().length > 0);
    assert.deepEqual(marked(), [last]);
  });
});

Deno.test("Courtesies put after a restart the mark in a thread that somebody has woken meanwhile", async () => {
  await scene(async ({ discord, store, thread, alice, said, reads, close, leave, back, marked, asked }) => {
    const bye = await said("Bye");
    await close();
    await reads();
    await untilNoted(store, "archived");
    await leave();
    alice.editThread(thread, { archived: false });
    await back();
    await discord.until(() => marked().length > 0);
    assert.deepEqual([marked(), asked()], [[bye], 2]);
  });
});

Deno.test("Courtesies write nothing to the disk for a mark that is put at once", async () => {
  let writes = 0;
  class Counting extends WatchedStore {
    override setProperties(
      ...args: Parameters<WatchedStore["setProperties"]>
    ): ReturnType<WatchedStore["setProperties"]> {
      writes++;
      return super.setProperties(...args);
    }
  }
  await scene(async ({ discord, said, reads, marked }) => {
    const before = writes;
    // The second has its turn when the first is done with.
    for (const text of ["one", "two"]) {
      const id = await said(text);
      await reads();
      await discord.until(() => marked().includes(id));
    }
    assert.equal(writes, before);
  }, { store: new Counting() });
});
