import assert from "node:assert/strict";
import type { Uuid } from "../../src/core/mod.ts";
import { StaffLinks } from "../../src/web/mod.ts";
import { SocketClient } from "../support/socket_client.ts";
import { startServer, type TestServer } from "./web_server.ts";

/** A visitor who has written, and whom staff then block. */
async function blockedVisitor(
  server: TestServer,
  work: (client: SocketClient, session: string, thread: string) => Promise<void>,
): Promise<void> {
  const { url, chatBox } = server;
  await using client = await SocketClient.hello(url);
  const { session, uid } = await client.next();
  client.send({ type: "send", cid: "c1", content: "hello" });
  await client.nextOf("acks");
  const connection = await chatBox.worker1.connectionOf(String(uid) as Uuid);
  assert.ok(connection);
  const thread = await chatBox.worker2.pair(connection);
  await chatBox.worker2.setBlocked(thread, Infinity);
  await work(client, String(session), thread);
}

// Sockets of the runtime outlive a test by a turn, which is not a leak of ours.
const SOCKETS = { sanitizeOps: false, sanitizeResources: false };

Deno.test("WebSocket answers what a blocked visitor does with blocked", SOCKETS, async () => {
  await using server = await startServer();
  await blockedVisitor(server, async (client, _session, thread) => {
    client.send({ type: "send", cid: "c2", content: "again" });
    const { code, cid } = await client.nextOf("error");
    assert.deepEqual([code, cid], ["blocked", "c2"]);
    client.send({ type: "edit", seq: 1, content: "changed" });
    assert.equal((await client.nextOf("error")).code, "blocked");
    await server.chatBox.worker2.setBlocked(thread, null);
    client.send({ type: "send", cid: "c2", content: "again" });
    assert.equal((await client.nextOf("acks")).type, "acks");
  });
});

Deno.test("WebSocket turns a blocked visitor away who comes back", SOCKETS, async () => {
  await using server = await startServer();
  await blockedVisitor(server, async (_client, session) => {
    await using again = await SocketClient.hello(server.url, session);
    assert.equal((await again.next()).code, "blocked");
    assert.equal((await again.ended()).code, 4403);
  });
});

Deno.test("HTTP takes no upload of a blocked visitor", SOCKETS, async () => {
  await using server = await startServer();
  await blockedVisitor(server, async (_client, session) => {
    const response = await fetch(`${server.url}/upload`, {
      method: "POST",
      body: "x",
      headers: { Authorization: `Bearer ${session}`, "X-File-Name": "a.txt" },
    });
    assert.equal(response.status, 403);
    assert.equal((await response.json()).code, "blocked");
  });
});

Deno.test("HTTP opens a file by the link that was made for it, and by no other", SOCKETS, async () => {
  await using server = await startServer({ identityKey: new Uint8Array(32).fill(7) });
  await using client = await SocketClient.hello(server.url);
  const { session } = await client.next();
  const upload = async (body: string): Promise<string> => {
    const response = await fetch(`${server.url}/upload`, {
      method: "POST",
      body,
      headers: { Authorization: `Bearer ${session}`, "X-File-Name": "a.txt" },
    });
    return (await response.json()).id;
  };
  const [one, two] = [await upload("one"), await upload("two")];
  const links = new StaffLinks(new Uint8Array(32).fill(7));
  const get = async (path: string): Promise<string> => await (await fetch(`${server.url}${path}`)).text();
  assert.equal(await get(links.pathOf(one)), "one");
  assert.equal(await get(links.pathOf(one).replace(one, two)), "Not found\n");
  assert.equal(await get(new StaffLinks(new Uint8Array(32)).pathOf(one)), "Not found\n");
});
