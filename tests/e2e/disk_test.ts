import { deepEqual, equal, match, ok } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { sayNotProven } from "../support/not_proven.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { SocketClient } from "../support/socket_client.ts";
import { DiskVisitor } from "./disk_visitor.ts";
import { RELAXED, World } from "./world.ts";

const LONG = "x".repeat(3_900);
const NO_RATES = { LIMIT_MESSAGES: "0", LIMIT_FRAMES: "0" };

/** Only root may mount. In CI it is a failure when that is not so, elsewhere these tests are left out, and say so. */
const ignore = !Deno.env.has("CI") && !await SmallDisk.isPossible();
if (ignore) sayNotProven("[D5] a server on a disk that is full", "needs root and the right to mount a tmpfs");

Deno.test({
  ...RELAXED,
  name:
    "[D5] End to end: a full disk is told as overloaded and acks nothing, and the server recovers when there is space",
  ignore,
  async fn(): Promise<void> {
    await using disk = await SmallDisk.mount("size=6m");
    await using world = await World.start();
    const env = { ...NO_RATES, DATABASE_PATH: `${disk.path}/chatbox50.db` };
    const server = await world.server(env);
    await using visitor = await DiskVisitor.arrive(world, await server.url());
    await disk.fill();
    const acked: string[] = ["first"];
    let refused: string | undefined;
    for (let i = 0; i < 2_000 && refused === undefined; i++) {
      // What is left of the log is used up first.
      const { type, code } = await visitor.write(`full${i}`, `full${i}${LONG}`);
      if (type === "acks") acked.push(`full${i}`);
      else {
        equal(code, "overloaded");
        refused = `full${i}`;
      }
    }
    ok(refused !== undefined);
    visitor.staffSays("from the staff");
    const status = await visitor.upload();
    ok(status >= 500 && status < 600, `an upload was answered by ${status}`);
    await visitor.readsBack();
    await disk.clear();
    // Files are taken only where much is left.
    await disk.remount("size=8g");
    equal((await visitor.write(refused, `${refused}${LONG}`)).type, "acks");
    acked.push(refused);
    await visitor.hears("from the staff");
    equal(await visitor.upload(), 200);
    const told = await visitor.history();
    deepEqual(told.filter((text) => text !== "from the staff"), acked);
    equal(told.length, acked.length + 1);
    equal((await server.stop()).code, 0);
    const again = await world.server(env);
    deepEqual(await visitor.history(await again.url()), told);
  },
});

Deno.test({
  ...RELAXED,
  name: "[D5] End to end: a read-only disk refuses the start with one line, and no more once it is writable",
  ignore,
  async fn(): Promise<void> {
    await using disk = await SmallDisk.mount("size=6m,ro");
    await using world = await World.start();
    const env = { DATABASE_PATH: `${disk.path}/chatbox50.db` };
    const { code, text } = await (await world.server(env)).ended;
    equal(code, 73);
    match(text, /^chatbox50: Cannot open the database [^\n]+$/);
    await disk.remount("rw");
    const server = await world.server(env);
    await using visitor = await SocketClient.hello(await server.url());
    visitor.send({ type: "send", cid: "a", content: "writable" });
    await visitor.nextOf("acks");
  },
});

Deno.test(
  "[D5] End to end: a database that another process locks for a while delays acks, for longer it refuses, and all is well after",
  RELAXED,
  async () => {
    await using world = await World.start();
    const server = await world.server();
    await using visitor = await DiskVisitor.arrive(world, await server.url());
    using other = new DatabaseSync(`${world.folder}/chatbox50.db`);
    // The server may be writing at this very moment.
    other.exec("PRAGMA busy_timeout = 2000; BEGIN IMMEDIATE");
    visitor.send("short");
    visitor.staffSays("during the short one");
    // The server is not stuck: it answers what needs no writing.
    for (let i = 0; i < 5; i++) await visitor.readsBack();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    ok(!visitor.hasAnswerTo("short"));
    other.exec("ROLLBACK");
    equal((await visitor.answerTo("short")).type, "acks");
    await visitor.hears("during the short one");
    other.exec("BEGIN IMMEDIATE");
    visitor.staffSays("during the long one");
    const { type, code } = await visitor.write("long");
    deepEqual([type, code], ["error", "overloaded"]);
    other.exec("ROLLBACK");
    equal((await visitor.write("long")).type, "acks");
    await visitor.hears("during the long one");
    const told = await visitor.history();
    deepEqual(told.filter((text) => !text.startsWith("during")), ["first", "short", "long"]);
    deepEqual(told.filter((text) => text.startsWith("during")), [
      "during the short one",
      "during the long one",
    ]);
    await visitor.reaches("long");
  },
);
