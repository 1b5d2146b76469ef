import assert from "node:assert/strict";
import { ChatBox, type Uuid, uuid } from "../../src/core/mod.ts";
import { CatchUp } from "../../src/discord/intake/catch_up.ts";
import type { DiscordChannel, DiscordRest } from "../../src/discord/ports.ts";
import { type Snowflake, snowflake } from "../../src/discord/snowflake.ts";

const CHANNEL = "2" as Snowflake;

/** Archived threads on pages of one, the latest archived first, without an end. */
class EndlessArchive {
  pages = 0;
  readonly #threads: readonly DiscordChannel[];

  constructor(threads: readonly DiscordChannel[]) {
    this.#threads = threads;
  }

  archivedThreads(): ReturnType<DiscordRest["archivedThreads"]> {
    const thread = this.#threads[this.pages++ % this.#threads.length];
    return Promise.resolve({ threads: thread === undefined ? [] : [thread], more: true });
  }
}

function archived(id: Snowflake, lastMessageId: Snowflake): DiscordChannel {
  return {
    id,
    kind: "thread",
    name: id,
    overwrites: [],
    tags: [],
    appliedTags: [],
    tagRequired: false,
    archived: true,
    locked: false,
    lastMessageId,
    archiveTimestamp: new Date(0).toISOString(),
  };
}

Deno.test("[X4] CatchUp finds news behind a page of archived threads without any, and looks at ten pages at most", async () => {
  await using chatBox = new ChatBox<Uuid, Snowflake>({
    name: "test",
    service1: { name: "web", idType: uuid },
    service2: { name: "discord", idType: snowflake },
    debug: true,
  });
  const { worker2 } = chatBox;
  chatBox.worker1.setCreateCallback(() => crypto.randomUUID() as Uuid);
  await chatBox.start();
  const [quiet, spoken] = ["100", "200"] as Snowflake[];
  for (const thread of [quiet, spoken]) {
    await worker2.accessNewClient(thread);
    if (thread !== undefined) await worker2.setCursor(thread, "500");
  }
  const rest = new EndlessArchive([
    archived("100" as Snowflake, "500" as Snowflake),
    archived("200" as Snowflake, "501" as Snowflake),
  ]);
  const catchUp = new CatchUp({ worker: worker2, rest: rest as unknown as DiscordRest });
  assert.deepEqual(await catchUp.archived(CHANNEL), {
    behind: ["200"],
    current: ["100"],
    unpaired: [],
    nobodys: [],
    unlisted: false,
  });
  assert.equal(rest.pages, 10);
});
