/**
 * Visitors who do all that a visitor can, and leave: they write, get an answer, send and load a file, change and delete, read back, come again.
 * Argument: the server. Asked `visit COUNT AT_ONCE`, it tells how many came, how many went as they should, and the first thing that did not.
 *
 * @module
 */
import { deepEqual, equal } from "node:assert/strict";
import { type Frame, SocketClient } from "../support/socket_client.ts";
import { asked, tell } from "./tell.ts";

const [url = ""] = Deno.args;
const FILE_BYTES = 8 * 1024;
let guests = 0;

async function visit(): Promise<void> {
  const number = guests++;
  const session = await talk(number);
  await comeAgain(session);
}

async function talk(number: number): Promise<string> {
  await using guest = await SocketClient.hello(url);
  const { session } = await guest.nextOf("welcome");
  guest.send({ type: "send", cid: "question", content: `ping ${number}` });
  await guest.nextOf("acks");
  await changed(guest, ({ content }) => content === `pong ${number}`);
  await sendFile(guest, String(session), number);
  guest.send({ type: "edit", seq: 1, content: `ping, as I said: ${number}` });
  await changed(guest, ({ seq, editedAt }) => seq === 1 && editedAt !== undefined);
  return String(session);
}

async function sendFile(guest: SocketClient, session: string, number: number): Promise<void> {
  const authorization = { Authorization: `Bearer ${session}` };
  const text = `file of ${number}\n`.padEnd(FILE_BYTES, "x");
  const response = await fetch(`${url}/upload`, {
    method: "POST",
    headers: { ...authorization, "X-File-Name": "notes.txt" },
    body: text,
  });
  equal(response.status, 200);
  const { id } = await response.json();
  guest.send({ type: "send", cid: "file", content: "", files: [id] });
  await guest.nextOf("acks");
  equal(await (await fetch(`${url}/files/${id}`, { headers: authorization })).text(), text);
}

/** In a new socket: catches up, reads older messages and deletes one. */
async function comeAgain(session: string): Promise<void> {
  await using guest = await SocketClient.hello(url, session, 1);
  const welcome = await guest.nextOf("welcome");
  deepEqual([welcome.reset, welcome.session], [false, undefined]);
  guest.send({ type: "history", before: 3, limit: 100 });
  equal(((await guest.nextOf("history")).messages as unknown[]).length, 2);
  guest.send({ type: "delete", seq: 1 });
  await changed(guest, ({ seq, deleted }) => seq === 1 && deleted === true);
}

async function changed(guest: SocketClient, wanted: (message: Frame) => boolean): Promise<void> {
  await guest.frames.until(
    "a message",
    (frames) =>
      frames.some(({ type, messages }) => type === "messages" && (messages as Frame[]).some(wanted)),
  );
}

for await (const line of asked()) {
  const [, count, atOnce] = line.split(" ").map(Number);
  let [left, good] = [count ?? 0, 0];
  let problem: string | undefined;
  await Promise.all(Array.from({ length: atOnce ?? 1 }, async () => {
    while (left-- > 0) {
      try {
        await visit();
        good++;
      } catch (error) {
        problem ??= String(error);
      }
    }
  }));
  tell({ visitors: count, good, ...(problem !== undefined && { problem }) });
}
Deno.exit();
