import { deepEqual, equal } from "node:assert/strict";
import { VERSION } from "../../src/version.ts";
import { SocketClient } from "../support/socket_client.ts";
import { RELAXED, World } from "./world.ts";

const NOT_YET_PAIRED = "Something happened in a thread that is not paired";

Deno.test(
  "[S5] End to end: every log line about a conversation has its uid, and no line above debug what was said",
  RELAXED,
  async () => {
    await using world = await World.start();
    const { discord, forum } = world;
    const server = await world.server();
    const url = await server.url();
    await using visitor = await SocketClient.hello(url);
    const { uid, session } = await visitor.next();
    const said = ["Zanzibar?", "Timbuktu!", "Ouagadougou."];
    visitor.send({ type: "send", cid: "a", content: said[0] });
    await visitor.nextOf("delivered");
    const thread = String(discord.threads(forum)[0]?.id);
    discord.staff("ada").say(thread, String(said[1]));
    await visitor.nextOf("messages");
    // What fails is what is logged.
    discord.setOutage(true);
    visitor.send({ type: "send", cid: "b", content: said[2] });
    await visitor.nextOf("acks");
    await server.logs.until(
      "a failed delivery",
      (lines) => lines.some(({ message }) => message === "A delivery failed, trying again"),
    );
    discord.setOutage(false);
    await visitor.nextOf("delivered");
    await server.stop();

    const lines = server.logs.items;
    const concerned = lines.filter((line) => {
      const text = JSON.stringify(line);
      return text.includes(String(uid)) || text.includes(thread);
    });
    // An event of a thread may come before it is on disk whose thread it is; what is logged of it then says so.
    const known = concerned.filter(({ message }) => message !== NOT_YET_PAIRED);
    deepEqual(known.filter((line) => line.uid !== uid), []);
    const messages = concerned.map(({ message }) => message);
    for (const message of ["A conversation has its thread", "A delivery failed, trying again"]) {
      equal(messages.includes(message), true, message);
    }
    for (const line of lines.filter(({ level }) => level !== "debug")) {
      const text = JSON.stringify(line);
      deepEqual(said.filter((words) => text.includes(words)), [], text);
    }
    const everything = JSON.stringify(lines);
    for (const secret of [discord.token, String(session).split(".")[1] ?? ""]) {
      equal(everything.includes(secret), false);
    }
    const started = lines.filter(({ message }) => message === "Started");
    deepEqual(
      started.map(({ version, address, database, channel }) => [version, address, database, channel]),
      [[VERSION, url, "./chatbox50.db", "#chatbox50"]],
    );
  },
);
