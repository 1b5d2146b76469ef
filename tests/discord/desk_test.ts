// What was said before a conversation was closed does not open it, however late it comes.
import assert from "node:assert/strict";
import { Desk } from "../../src/discord/desk.ts";
import type { Shown } from "../../src/discord/owed/thread_face.ts";
import { isSnowflake, type Snowflake } from "../../src/discord/mod.ts";
import { scene } from "./scene.ts";

function idAfter(id: Snowflake, by: bigint): Snowflake {
  const later = String(BigInt(id) + by);
  assert.ok(isSnowflake(later));
  return later;
}

Deno.test("Desk opens a closed conversation only for what was said after it was closed", async () => {
  await scene(async ({ bridge, thread }) => {
    assert.ok(isSnowflake(thread));
    const { worker2: worker } = bridge.chatBox;
    const connection = await worker.connectionOf(thread);
    assert.ok(connection);
    const changes: boolean[] = [];
    const desk = new Desk({
      worker,
      face: {
        note: (_, { properties }, patch) => properties.update(patch),
        show: async () => {
          changes.push(await isClosed());
          return "shown";
        },
      },
      now: () => 1_000,
      reopenOn: "message",
    });
    const isClosed = async (): Promise<boolean> => await desk.closed(connection) !== undefined;
    const close = (): Promise<Shown> => desk.close(thread, connection, { by: "Alice", after: thread });
    const { messages: [message] } = await connection.messages({ limit: 1 });
    assert.ok(message);
    await close();
    await desk.staffWrote(thread, connection, idAfter(thread, -1n));
    await desk.staffWrote(thread, connection, thread);
    assert.deepEqual(await desk.visitorWrote(thread, connection, [{ ...message, createdAt: 1_000 }]), []);
    assert.equal(await isClosed(), true);
    await desk.staffWrote(thread, connection, idAfter(thread, 1n));
    assert.equal(await isClosed(), false);
    await close();
    assert.deepEqual(await desk.visitorWrote(thread, connection, [{ ...message, createdAt: 1_001 }]), []);
    assert.equal(await isClosed(), false);
    assert.deepEqual(changes, [true, false, true, false]);
  });
});
