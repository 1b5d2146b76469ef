import assert from "node:assert/strict";
import { makeBox } from "./box.ts";
import { LastingStore } from "./lasting_store.ts";

const BLOCKED = { code: "blocked" };

Deno.test("ServiceWorker refuses what a blocked client sends, changes and types, and nothing of the blocking side", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await worker1.accessNewClient("ada");
  const { seq } = await worker1.getMessageSender("ada")("hello");
  const connection = await worker1.connectionOf("ada");
  assert.ok(connection);
  await worker2.setBlocked("peer of ada", Infinity);
  await assert.rejects(worker1.getMessageSender("ada")("again"), BLOCKED);
  await assert.rejects(worker1.edit("ada", seq, "changed"), BLOCKED);
  await assert.rejects(worker1.delete("ada", seq), BLOCKED);
  await assert.rejects(worker1.typing("ada", ""), BLOCKED);
  await worker2.getMessageSender("peer of ada")("last words");
  assert.equal(await worker1.isBlocked(connection), true);
  assert.equal(await worker2.isBlocked(connection), false);
  assert.equal(await worker2.blockedUntil(connection), Infinity);
  const { messages } = await connection.messages();
  assert.deepEqual(messages.map(({ content }) => content), ["hello", "last words"]);
  await worker2.setBlocked("peer of ada", null);
  await worker1.getMessageSender("ada")("thank you");
  assert.equal(await worker2.blockedUntil(connection), null);
});

Deno.test("ServiceWorker hears a client again when the time of its block is over", async () => {
  await using test = makeBox();
  const { worker1, worker2 } = test.box;
  await worker1.accessNewClient("ada");
  await worker2.setBlocked("peer of ada", test.clock.now() + 60_000);
  test.clock.advance(59_999);
  await assert.rejects(worker1.getMessageSender("ada")("too early"), BLOCKED);
  test.clock.advance(1);
  await worker1.getMessageSender("ada")("in time");
});

Deno.test("ServiceWorker remembers a block across a restart, and blocks nobody else", async () => {
  const store = new LastingStore();
  const first = makeBox({ store });
  await first.box.worker1.accessNewClient("ada");
  await first.box.worker1.accessNewClient("bob");
  await first.box.worker2.setBlocked("peer of ada", Infinity);
  await first.box.close();
  await using second = makeBox({ store });
  await assert.rejects(second.box.worker1.getMessageSender("ada")("hello"), BLOCKED);
  await second.box.worker1.getMessageSender("bob")("hello");
});

Deno.test("ServiceWorker refuses a time that is none, and a client that nobody knows", async () => {
  await using test = makeBox();
  await test.box.worker1.accessNewClient("ada");
  await assert.rejects(test.box.worker2.setBlocked("peer of ada", NaN), { code: "bad_value" });
  await assert.rejects(test.box.worker2.setBlocked("nobody", Infinity), { code: "not_found" });
});

// Found by chaos: the first message waited for what the second one found known.
Deno.test("[O1] ServiceWorker stores messages in their order while it is read whether the client is blocked", async () => {
  const store = new LastingStore();
  const texts = Array.from({ length: 12 }, (_, number) => String(number));
  const first = makeBox({ store });
  await first.box.worker1.accessNewClient("ada");
  await first[Symbol.asyncDispose]();
  await using test = makeBox({ store });
  const send = test.box.worker1.getMessageSender("ada");
  await test.box.worker1.connectionOf("ada");
  const sent: Promise<unknown>[] = [];
  for (const text of texts) {
    sent.push(send(text));
    // Each comes one step later, so that one of them meets the very moment at which it is known.
    await Promise.resolve();
  }
  await Promise.all(sent);
  const messages = await (await test.box.worker1.connectionOf("ada"))?.messages();
  assert.deepEqual(messages?.messages.map(({ content }) => content), texts);
});

Deno.test("ConnectionProperties neither shows nor sets who is blocked: a property of that name blocks nobody", async () => {
  const store = new LastingStore();
  await using first = makeBox({ store });
  await first.box.worker1.accessNewClient("ada");
  const properties = (await first.box.worker1.connectionOf("ada"))?.properties;
  for (const key of ["blocked by 1", "blocked by 2"]) {
    const refused = {
      code: "bad_value",
      message:
        `Cannot keep properties: a key is "${key}", allowed is any text but that, which is kept for setBlocked`,
    };
    await assert.rejects(async () => await properties?.set(key, "for ever"), refused);
    await assert.rejects(async () => await properties?.set(key, undefined), refused);
    await assert.rejects(async () => await properties?.update({ good: 1, [key]: "for ever" }), refused);
    await assert.rejects(async () => await properties?.change(key, () => "for ever"), refused);
  }
  await properties?.set("blocked by 3", "a user's own");
  await first.box.worker2.setBlocked("peer of ada", Infinity);
  assert.deepEqual(await properties?.all(), { "blocked by 3": "a user's own" });
  assert.equal(await properties?.get("blocked by 2"), undefined);

  await using second = makeBox({ store });
  const send = second.box.worker1.getMessageSender("ada");
  await assert.rejects(send("x"), { code: "blocked" });
  await second.box.worker2.setBlocked("peer of ada", null);
  assert.equal((await send("x")).seq, 1);
});
