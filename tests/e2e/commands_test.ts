import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { SocketClient } from "../support/socket_client.ts";
import { programIn } from "./server_process.ts";
import { RELAXED, World } from "./world.ts";

/** A running server, a visitor with one answered message, and the thread. */
async function conversation(world: World): Promise<{
  readonly url: string;
  readonly visitor: SocketClient;
  readonly uid: string;
  readonly session: string;
  readonly thread: string;
}> {
  const { discord, forum } = world;
  const server = await world.server();
  const url = await server.url();
  const visitor = await SocketClient.hello(url);
  const { uid, session } = await visitor.next();
  visitor.send({ type: "send", cid: "a", content: "Where is my Quokkaburger?" });
  await visitor.nextOf("delivered");
  const thread = String(discord.threads(forum)[0]?.id);
  discord.staff("ada").say(thread, "On its way");
  await visitor.nextOf("messages");
  return { url, visitor, uid: String(uid), session: String(session), thread };
}

Deno.test(
  "End to end: backup copies the database of a running server, and the copy serves",
  RELAXED,
  async () => {
    await using world = await World.start();
    const { visitor, session } = await conversation(world);
    await using _open = visitor;
    const { code, stdout, stderr } = await world.command(["backup", "copy.db"]);
    deepEqual([code, stderr], [0, ""]);
    match(stdout, /^Backed up to copy\.db, [\d.]+ kB\n$/);
    const again = await world.command(["backup", "copy.db"]);
    deepEqual([again.code, again.stderr], [
      73,
      "chatbox50: Cannot back up to copy.db: it exists; name a new file\n",
    ]);
    const nowhere = await world.command(["backup", "no/such/copy.db"]);
    equal(nowhere.code, 73);
    deepEqual([...Deno.readDirSync(world.folder)].filter(({ name }) => name.includes("partial")), []);
    const restored = await world.server({ DATABASE_PATH: "copy.db" });
    await using back = await SocketClient.hello(await restored.url(), session);
    match(JSON.stringify(await back.next()), /Quokkaburger.*On its way/);
  },
);

Deno.test(
  "End to end: export writes what was said, stats counts it, also while the server runs",
  RELAXED,
  async () => {
    await using world = await World.start();
    const { visitor, uid, thread } = await conversation(world);
    await using _open = visitor;
    const lines = (await world.command(["export"])).stdout.trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    deepEqual(lines.map(({ type, uid, from, content, thread }) => [type, uid, from, content, thread]), [
      ["conversation", uid, undefined, undefined, thread],
      ["message", uid, "visitor", "Where is my Quokkaburger?", undefined],
      ["message", uid, "agent", "On its way", undefined],
    ]);
    const text = await world.command(["export", "--format=txt", "--uid", uid]);
    match(
      text.stdout,
      /^Conversation .*\n[\dT:.Z-]+ visitor: Where is my Quokkaburger\?\n.* agent ada: On its way\n\n$/,
    );
    const unknown = await world.command(["export", "--uid", crypto.randomUUID()]);
    deepEqual([unknown.code, unknown.stdout], [66, ""]);
    const stats = await world.command(["stats"]);
    match(stats.stdout, /^Conversations +1\nMessages of visitors +1\nMessages of staff +1\n/);
  },
);

Deno.test(
  "End to end: erase leaves nothing here or on Discord, and the visitor may begin anew",
  RELAXED,
  async () => {
    await using world = await World.start();
    const { discord, forum } = world;
    const { url, visitor, uid, session, thread } = await conversation(world);
    await using _open = visitor;
    const { code, stdout, stderr } = await world.command(["erase", "--uid", uid]);
    deepEqual([code, stderr], [0, ""]);
    equal(stdout, `Erased ${uid}: 2 messages, 0 files, thread ${thread}\n`);
    equal(discord.threads(forum).length, 0);
    for (const name of ["chatbox50.db", "chatbox50.db-wal"]) {
      const bytes = await Deno.readFile(`${world.folder}/${name}`);
      equal(new TextDecoder("latin1").decode(bytes).includes("Quokkaburger"), false, name);
    }
    equal((await world.command(["erase", "--uid", uid])).code, 66);

    visitor.send({ type: "send", cid: "b", content: "Hello again" });
    equal((await visitor.ended()).code, 1012);
    await using back = await SocketClient.hello(url, session, 2);
    const welcome = await back.next();
    deepEqual([welcome.uid, welcome.messages, welcome.reset], [uid, [], true]);
    back.send({ type: "send", cid: "b", content: "Hello again" });
    await back.nextOf("delivered");
    const [next, ...more] = discord.threads(forum);
    deepEqual(more, []);
    notEqual(next?.id, thread);
    match(JSON.stringify(discord.messages(String(next?.id))), /Hello again/);
  },
);

Deno.test("End to end: erase changes nothing when the thread cannot be deleted", RELAXED, async () => {
  await using world = await World.start();
  const { discord, forum } = world;
  const { visitor, uid } = await conversation(world);
  await using _open = visitor;
  discord.setOutage(true);
  const { code, stderr } = await world.command(["erase", "--uid", uid]);
  equal(code, 69);
  match(stderr, /^chatbox50: Cannot erase .*try again later\n$/);
  discord.setOutage(false);
  const tokenless = await world.command(["erase", "--uid", uid], { DISCORD_TOKEN: "" });
  equal(tokenless.code, 78);
  equal(discord.threads(forum).length, 1);
  match((await world.command(["export"])).stdout, /Quokkaburger/);
});

Deno.test(
  "End to end: purge removes what is older, and a running server goes on counting where it was",
  RELAXED,
  async () => {
    await using world = await World.start();
    const { visitor, uid } = await conversation(world);
    await using _open = visitor;
    const database = new DatabaseSync(`${world.folder}/chatbox50.db`);
    // The server writes, too.
    database.exec("PRAGMA busy_timeout = 5000");
    database.exec("UPDATE messages SET created_at = created_at - 86400000 * 3");
    database.close();
    match(
      (await world.command(["purge", "--older-than", "4d"])).stdout,
      /^Removed 0 messages, 0 idle conversations and 0 files/,
    );
    match((await world.command(["purge", "--older-than", "2d"])).stdout, /^Removed 2 messages, 0 idle /);
    visitor.send({ type: "send", cid: "c", content: "Anybody?" });
    const { acks } = await visitor.nextOf("acks") as unknown as { acks: { seq: number; rev: number }[] };
    deepEqual([acks[0]?.seq, acks[0]?.rev], [3, 3]);
    const left = (await world.command(["export", "--uid", uid])).stdout;
    deepEqual(left.trimEnd().split("\n").map((line) => JSON.parse(line).seq), [undefined, 3]);
  },
);

Deno.test("End to end: check says ok or what to do, a line each", RELAXED, async () => {
  await using world = await World.start();
  const subjects = (stdout: string): string[] =>
    stdout.trimEnd().split("\n").map((line) =>
      /^(ok|FAIL) +[^:]+/.exec(line)?.[0].replace(/ +/, " ") ?? line
    );
  const fresh = await world.command(["check"]);
  deepEqual(subjects(fresh.stdout), [
    "ok Configuration",
    "ok Database",
    "ok Address",
    "ok Token",
    "ok Message content",
    "ok Channel",
    "ok Permissions",
  ]);
  equal(fresh.code, 0);
  deepEqual([...Deno.readDirSync(world.folder)].filter(({ name }) => name !== "chatbox50"), []);

  const refused = await world.command(["check"], { DISCORD_TOKEN: "MTIz.not.thetokenthatisknownhere0000" });
  equal(refused.code, 78);
  match(refused.stdout, /^FAIL {2}Token: Discord refuses the bot token.*Reset Token/m);
  const missing = await world.command(["check"], { DISCORD_CHANNEL_ID: "1" });
  match(missing.stdout, /^FAIL {2}Channel: There is no .* with the id 1; the bot sees #chatbox50/m);
  const mistyped = await world.command(["check"], { STAFF_ROLE: "Stuff" });
  equal(mistyped.code, 78);
  match(mistyped.stdout, /^FAIL {2}Staff role: STAFF_ROLE is Stuff, which is no role.*Staff$/m);
  const silent = await world.command(["check"], { DISCORD_TOKEN: "" });
  match(silent.stdout, /^FAIL {2}Token: DISCORD_TOKEN is not set/m);
  world.discord.setOutage(true);
  const away = await world.command(["check"]);
  equal(away.code, 69);
  match(away.stdout, /^FAIL {2}Discord: /m);
  world.discord.setOutage(false);
  const homeless = await world.command(["check"], { DATABASE_PATH: "no/such/folder/x.db" });
  equal(homeless.code, 73);
  match(homeless.stdout, /^FAIL {2}Database: .*folder must exist/m);

  const running = await world.server();
  const port = new URL(await running.url()).port;
  const beside = await world.command(["check"], { PORT: port });
  match(beside.stdout, /^ok {4}Database: .*a server is using it$/m);
  match(beside.stdout, /^ok {4}Address: .*taken, by the running server$/m);
  equal(beside.code, 0);
});

Deno.test({
  ...RELAXED,
  name: "End to end: on a terminal long work shows how far it has come, beside what it writes to a file",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    await using world = await World.start();
    const { visitor } = await conversation(world);
    await using _open = visitor;
    // Standard error is the terminal that `script` makes, standard output is not.
    const terminal =
      'command=$(printf "%q " "$@"); SHELL=/bin/bash exec script -qec "$command > out.jsonl" /dev/null';
    const launcher = ["bash", "-c", terminal, "bash"];
    const program = await programIn(world.folder, world.env, ["export"], launcher);
    const { code, stdout } = await program.output();
    equal(code, 0);
    // To the line's beginning, clear it; at the end nothing is left of it.
    match(
      new TextDecoder().decode(stdout),
      // deno-lint-ignore no-control-regex
      /^\r\x1b\[KMessages: 2 of 2 \(100 %\)(?:\r\x1b\[K)+$/,
    );
    match(await Deno.readTextFile(`${world.folder}/out.jsonl`), /^\{"type":"conversation".*On its way/s);
  },
});
