import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { startApp } from "../../src/app.ts";
import { type CommandContext, OPERATIONS } from "../../src/app/operations.ts";
import { parseConfig } from "../../src/config.ts";
import { randomUuid, type Uuid } from "../../src/core/mod.ts";
import { fillLarge, SPOILED_SEQ, spoilOld, spoilTable } from "../support/damaged_database.ts";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { Log } from "../support/log.ts";
import { SocketClient } from "../support/socket_client.ts";
import { within } from "../support/until.ts";
import { contextFor } from "./command_scene.ts";

const LINE = /Cannot use the database \S+: it is damaged \([^\n]+\); stop the server and restore a backup/;

async function inFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(`${folder}/chatbox50.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A WebSocket that says nothing, not even goodbye. */
async function silentSocket(url: string): Promise<Deno.TcpConn> {
  const { hostname, port, host } = new URL(url);
  const socket = await Deno.connect({ hostname, port: Number(port) });
  const upgrade = `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${btoa("sixteen bytes ok")}\r\n\r\n`;
  await socket.write(new TextEncoder().encode(upgrade));
  const answer = new Uint8Array(1_024);
  match(new TextDecoder().decode(answer.subarray(0, await socket.read(answer) ?? 0)), /^HTTP\/1\.1 101 /);
  return socket;
}

Deno.test("[D5] Every command says of a large database that is damaged what a start says, and ends with 66", () =>
  inFolder(async (path) => {
    const uid = randomUuid();
    await fillLarge(path, uid);
    await spoilOld(path);
    const works: Readonly<Record<string, (context: CommandContext) => Promise<unknown>>> = {
      stats: (context) => OPERATIONS.stats(context),
      export: (context) => OPERATIONS.exportConversations(context, { format: "txt" }),
      erase: (context) => OPERATIONS.erase(context, { uid, leaveThread: false }),
      purge: (context) => OPERATIONS.purge(context, { olderThanMs: 0 }),
      backup: (context) => OPERATIONS.backUp(context, `${path}.copy`),
    };
    for (const [name, work] of Object.entries(works)) {
      await rejects(work(contextFor(path)), (error) => {
        match(String(error), LINE, name);
        equal(Reflect.get(Object(error), "exitCode"), 66, name);
        return true;
      });
    }
  }));

Deno.test("[D5] check looks at every page of a large database, and says that it does", () =>
  inFolder(async (path) => {
    await fillLarge(path, randomUuid());
    const before = contextFor(path);
    await OPERATIONS.check(before);
    match(before.printed.join(""), /^ok {4}Database: /m);
    match(before.progressed.join("\n"), /^Looking at every page of \S+, 4\d\.\d MB \.\.\.$/m);
    equal(before.progressed.at(-1), "");
    // Nothing that counts, or that a start reads, comes by there.
    await spoilTable(path, "files_by_uid");
    const context = contextFor(path);
    equal(await OPERATIONS.check(context), "noInput");
    match(context.printed.join(""), new RegExp(`^FAIL {2}Database: ${LINE.source}`, "m"));
  }));

Deno.test({
  name: "[D5] A server that meets a damage refuses, acks nothing more, is not ready and ends with 66",
  // Sockets of the gateway and of REST end a turn after the test has seen them end.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    inFolder(async (path) => {
      await using discord = await DiscordSimulator.start();
      discord.createForum("chatbox50");
      const env = {
        DISCORD_TOKEN: discord.token,
        DISCORD_API_URL: discord.url,
        DATABASE_PATH: path,
        HOST: "127.0.0.1",
        PORT: "0",
      };
      const config = parseConfig({ args: [], env, readFile: () => "" });
      const log = new Log();
      const options = {
        makeLogger: (category: string | readonly string[]) => category === "storage" ? log : new Log(),
        signal: new AbortController().signal,
      };
      const first = await startApp(config, options);
      let [uid, session] = ["", ""];
      {
        await using visitor = await SocketClient.hello(first.addresses[0] ?? "");
        const welcome = await visitor.nextOf("welcome");
        [uid, session] = [String(welcome.uid), String(welcome.session)];
        visitor.send({ type: "send", cid: "first", content: "Hello" });
        await visitor.nextOf("delivered");
      }
      await first.stop("to be damaged");
      await fillLarge(path, uid as Uuid);
      await spoilOld(path);

      const app = await startApp(config, options);
      const url = app.addresses[0] ?? "";
      // A stop waits for those who do not answer its close, so there is time to ask.
      const silent = await silentSocket(url);
      try {
        await using other = await SocketClient.hello(url);
        await using visitor = await SocketClient.hello(url, session);
        visitor.send({ type: "history", before: SPOILED_SEQ, limit: 100 });
        equal((await visitor.nextOf("error")).code, "overloaded");
        const ready = await fetch(`${url}/readyz`);
        deepEqual([ready.status, await ready.text()], [503, "The database is damaged\n"]);
        other.send({ type: "send", cid: "after", content: "After" });
        equal((await other.ended()).code, 1012);
        equal(JSON.stringify(other.frames.items).includes('"acks"'), false);
      } finally {
        silent.close();
      }
      deepEqual(await within("the end", app.finished), { exitCode: 66 });
      const told = log.lines.filter(({ level }) => level === "error");
      equal(told.length, 1);
      match(String(told[0]?.fields.reason), LINE);

      // What the start itself reads is no stack trace either.
      await spoilTable(path, "meta");
      await rejects(startApp(config, options), (error) => {
        match(String(error), LINE);
        equal(Reflect.get(Object(error), "exitCode"), 66);
        return true;
      });
    }),
});
