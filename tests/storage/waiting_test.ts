import { deepEqual, equal } from "node:assert/strict";
import { type Deliverable, randomUuid, type Side, type Store, type Uuid } from "../../src/core/mod.ts";
import { Archive, type Storage } from "../../src/storage/mod.ts";
import { tempStorage } from "../support/temp_storage.ts";

const NOW = 1_700_000_000_000;

/** What happens in one conversation; side 1 is the visitor's, for side 2 things wait. */
class Talk {
  readonly #store: Store;
  readonly uid: Uuid = randomUuid();

  constructor(store: Store) {
    this.#store = store;
  }

  async begin(): Promise<void> {
    await this.#store.createConnection({ uid: this.uid, ids: { 1: this.uid, 2: null }, at: NOW });
  }

  async say(side: Side, targets: readonly Side[] = side === 1 ? [2] : []): Promise<void> {
    await this.#store.append(this.uid, { side, draft: { content: "x" }, at: NOW, targets });
  }

  async edit(seq: number, targets: readonly Side[] = [2]): Promise<void> {
    const change = { type: "edit", content: crypto.randomUUID() } as const;
    await this.#store.change(this.uid, { seq, at: NOW, targets, change });
  }

  async remove(seq: number): Promise<void> {
    await this.#store.change(this.uid, { seq, at: NOW, targets: [2], change: { type: "delete" } });
  }

  async fail(seq: number): Promise<void> {
    await this.#store.change(this.uid, { seq, at: NOW, targets: [], change: { type: "fail", words: "no" } });
  }

  async note(): Promise<void> {
    await this.#store.setNote(this.uid, 2, { plan: 1 });
  }

  async deliver(): Promise<void> {
    const { seq, rev } = await this.#store.deliverable(this.uid, 2, 100, false);
    await this.arrive(seq, rev);
  }

  async arrive(seq: number, rev: number): Promise<void> {
    await this.#store.confirm(this.uid, 2, { seq, rev });
  }
}

interface Case {
  readonly when: string;
  readonly happens: (talk: Talk) => Promise<void>;
  /** The rows that retention keeps; where there are some, something waits. */
  readonly kept: readonly number[];
  /** Whether side 2 asks for its own messages. */
  readonly echo?: boolean;
}

const CASES: readonly Case[] = [
  {
    when: "the visitor has written",
    happens: async (talk) => {
      await talk.say(1);
      await talk.deliver();
      await talk.say(1);
    },
    kept: [2],
  },
  {
    when: "all of it has arrived",
    happens: async (talk) => {
      await talk.say(1);
      await talk.deliver();
    },
    kept: [],
  },
  {
    when: "staff answered what has arrived",
    happens: async (talk) => {
      await talk.say(1);
      await talk.deliver();
      await talk.say(2);
    },
    kept: [],
  },
  {
    when: "staff wrote before the visitor's message had arrived",
    happens: async (talk) => {
      await talk.say(1);
      await talk.say(2);
      await talk.arrive(1, 1);
    },
    kept: [],
  },
  {
    when: "staff edited what they had said",
    happens: async (talk) => {
      await talk.say(1);
      await talk.say(2);
      await talk.deliver();
      await talk.edit(2, []);
    },
    kept: [],
  },
  {
    when: "the visitor edited what has arrived",
    happens: async (talk) => {
      await talk.say(1);
      await talk.say(1);
      await talk.deliver();
      await talk.edit(1);
      await talk.say(2);
    },
    // Staff's answer as well: that they asked for no echo does not stand on the disk.
    kept: [1, 3],
  },
  {
    when: "that edit has arrived, too",
    happens: async (talk) => {
      await talk.say(1);
      await talk.deliver();
      await talk.edit(1);
      await talk.deliver();
    },
    kept: [],
  },
  {
    when: "the visitor deleted what has arrived",
    happens: async (talk) => {
      await talk.say(1);
      await talk.say(1);
      await talk.deliver();
      await talk.remove(1);
    },
    kept: [1],
  },
  {
    when: "that deletion has arrived, too",
    happens: async (talk) => {
      await talk.say(1);
      await talk.deliver();
      await talk.remove(1);
      await talk.deliver();
    },
    kept: [],
  },
  {
    when: "the visitor took back what had not arrived",
    happens: async (talk) => {
      await talk.say(1);
      await talk.remove(1);
    },
    kept: [],
  },
  {
    when: "the visitor took back what may stand there half posted",
    happens: async (talk) => {
      await talk.say(1);
      await talk.note();
      await talk.remove(1);
    },
    kept: [1],
  },
  {
    when: "it has failed for good",
    happens: async (talk) => {
      await talk.say(1);
      await talk.fail(1);
    },
    kept: [],
  },
  {
    when: "the visitor deleted what stands there and could not be edited",
    happens: async (talk) => {
      await talk.say(1);
      await talk.deliver();
      await talk.edit(1);
      await talk.fail(1);
      await talk.deliver();
      await talk.remove(1);
    },
    kept: [1],
  },
  {
    when: "staff wrote and asked for an echo",
    happens: async (talk) => {
      await talk.say(1);
      await talk.deliver();
      await talk.say(2, [2]);
    },
    kept: [2],
    echo: true,
  },
  {
    when: "that echo has arrived",
    happens: async (talk) => {
      await talk.say(2, [2]);
      await talk.arrive(1, 1);
    },
    kept: [],
    echo: true,
  },
];

/** What a courier would get, without the cursors. */
async function deliverable({ store }: Storage, uid: Uuid, echo: boolean): Promise<readonly unknown[]> {
  const isPending = (await store.pending(2, undefined, 9)).includes(uid);
  const { changes, messages, note }: Deliverable = await store.deliverable(uid, 2, 100, echo);
  return isPending ? [...changes, ...messages, ...(note === undefined ? [] : [note])] : [];
}

for (const { when, happens, kept, echo = false } of CASES) {
  const waits = kept.length > 0;
  Deno.test(`[D4] What is counted as waiting and what retention keeps is what a courier would bring, when ${when}`, async () => {
    await using temp = await tempStorage();
    const { storage } = temp;
    const talk = new Talk(storage.store);
    await talk.begin();
    await happens(talk);
    const waiting = await deliverable(storage, talk.uid, echo);
    equal(waiting.length > 0, waits);
    equal(storage.backlog.conversations(2), waits ? 1 : 0);
    {
      using archive = Archive.read(temp.path);
      deepEqual(archive.stats().pending, { 1: 0, 2: waits ? 1 : 0 });
    }
    await storage.retention.removeMessages(NOW + 1, 0, 100);
    const { messages } = await storage.store.messagesBefore(talk.uid, Infinity, 100);
    deepEqual(messages.map(({ seq }) => seq), kept);
    deepEqual(await deliverable(storage, talk.uid, echo), waiting);
    equal((await storage.retention.removeIdle(NOW + 1, 0, 100)).removed, waits ? 0 : 1);
  });
}
