/**
 * The process that is killed: stores under load and tells each ack and each arrival on a line of its own, at once.
 * Arguments: the database and, for each sender, the number of its first message.
 *
 * @module
 */
import { ChatBox, string } from "../../src/core/mod.ts";
import { openStorage } from "../../src/storage/mod.ts";

const [path = "", ...firsts] = Deno.args;
const encoder = new TextEncoder();

function tell(line: string): void {
  const bytes = encoder.encode(`${line}\n`);
  // A pipe may take less than all of it.
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}

const box = new ChatBox<string, string>({
  name: "crash",
  service1: { name: "senders", idType: string },
  service2: { name: "receiver", idType: string },
  store: openStorage(path).store,
});
box.worker2.setCreateCallback((id) => `peer of ${id}`);
box.worker2.setReceivedMessageCallback(async (message, { id }) => {
  tell(`got ${id.replace("peer of ", "")} ${message.content}`);
  await Promise.resolve();
});
await box.start();
await Promise.all(firsts.map(async (first, sender) => {
  const id = await box.worker1.accessNewClient(`${sender}`);
  const send = box.worker1.getMessageSender(id);
  for (let number = Number(first);; number++) {
    await send({ content: `${number}`, cid: `cid-${number}` });
    tell(`ack ${sender} ${number}`);
  }
}));
