import { deepEqual, equal } from "node:assert/strict";
import { PermanentDeliveryError } from "../../src/core/mod.ts";
import { openStorage } from "../../src/storage/mod.ts";
import { Collector } from "../support/until.ts";
import { makeBox } from "./box.ts";
import { LastingStore } from "./lasting_store.ts";

for (const kind of ["message", "batch"] as const) {
  Deno.test(`An echo that is refused for good by a ${kind} callback fails nothing: the other side gets the message`, async () => {
    await using test = makeBox();
    const { worker1, worker2 } = test.box;
    await test.box.start();
    const echoes = new Collector<string>();
    const refuse = (content: string): never => {
      echoes.push(content);
      throw new PermanentDeliveryError("403", "I do not want my own words");
    };
    if (kind === "message") {
      worker1.setReceivedMessageCallback(({ content }) => refuse(content), { echo: true });
    } else {
      worker1.setReceivedBatchCallback(({ messages }) => refuse(messages[0]?.content ?? ""), { echo: true });
    }
    await worker1.accessNewClient("ada");
    await worker1.getMessageSender("ada")("mine");
    await echoes.count("echoes", 1);
    await test.store.setRead((await worker1.getUid("ada")) ?? none(), 1, 1);
    const received = new Collector<string>();
    worker2.setReceivedMessageCallback((message) => received.push(message.content));
    deepEqual(await received.count("messages", 1), ["mine"]);
    const page = await (await worker1.connectionOf("ada"))?.messages();
    equal(page?.messages[0]?.failed, undefined);
    await worker1.getMessageSender("ada")("and more");
    deepEqual(await echoes.count("echoes", 2), ["mine", "and more"]);
  });
}

async function echoAskedForLate(
  before: ReturnType<typeof makeBox>,
  after: ReturnType<typeof makeBox>,
): Promise<void> {
  await before.box.start();
  before.box.worker1.setReceivedMessageCallback(() => {});
  await before.box.worker1.accessNewClient("ada");
  const toPeer = new Collector<string>();
  before.box.worker2.setReceivedMessageCallback((message) => toPeer.push(message.content));
  for (const content of ["1", "2"]) await before.box.worker1.getMessageSender("ada")(content);
  await toPeer.count("messages", 2);
  await before.box.worker1.edit("ada", 1, "1, edited");
  await toPeer.count("messages", 3);
  if (before !== after) await before.box.close();
  await after.box.start();
  const received = new Collector<string>();
  after.box.worker1.setReceivedMessageCallback((message) => received.push(message.content), { echo: true });
  await after.box.worker2.getMessageSender("peer of ada")("yours");
  await after.box.worker1.getMessageSender("ada")("mine");
  deepEqual(await received.count("messages", 2), ["yours", "mine"]);
}

Deno.test("[D4] Who asks for an echo later does not get what was sent before", async () => {
  await using test = makeBox();
  await echoAskedForLate(test, test);
});

Deno.test("[D4] Who asks for an echo after a restart does not get what was sent before (memory)", async () => {
  const store = new LastingStore();
  await using after = makeBox({ store });
  await echoAskedForLate(makeBox({ store }), after);
});

Deno.test("[D4] Who asks for an echo after a restart does not get what was sent before (SQLite)", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const before = makeBox({ store: openStorage(`${folder}/test.db`).store });
    // The mark is not on disk until the other side's message sets it.
    await before.box.worker1.accessNewClient("ada");
    await before.box.worker1.getMessageSender("ada")("0");
    await before.box.worker2.getMessageSender("peer of ada")("waits");
    await before.box.close();
    await using after = makeBox({ store: openStorage(`${folder}/test.db`).store });
    const received = new Collector<string>();
    after.box.worker1.setReceivedMessageCallback((message) => received.push(message.content), { echo: true });
    await after.box.start();
    deepEqual(await received.count("messages", 1), ["waits"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("[D4] An echo that waits is delivered after a restart", async () => {
  const store = new LastingStore();
  const before = makeBox({ store });
  before.box.worker1.setReceivedMessageCallback(() => {}, { echo: true });
  await before.box.worker1.accessNewClient("ada");
  await before.box.worker1.getMessageSender("ada")("mine");
  await before.box.close();
  await using after = makeBox({ store });
  const received = new Collector<string>();
  after.box.worker1.setReceivedMessageCallback((message) => received.push(message.content), { echo: true });
  await after.box.start();
  deepEqual(await received.count("messages", 1), ["mine"]);
});

function none(): never {
  throw new Error("there is no connection");
}
