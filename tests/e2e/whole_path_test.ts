import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { SocketClient } from "../support/socket_client.ts";
import { RELAXED, World } from "./world.ts";

interface MessageFields {
  readonly seq: number;
  readonly from: string;
  readonly content: string;
  readonly author?: { readonly name: string };
}

Deno.test(
  "End to end: a message makes one thread, the answer comes back, a restart in the middle loses nothing",
  RELAXED,
  async () => {
    await using world = await World.start();
    const { discord, forum } = world;
    const staff = discord.staff("ada");
    staff.setNick("Ada from support");

    const first = await world.server();
    const url = await first.url();
    await using visitor = await SocketClient.hello(url);
    const { uid, session } = await visitor.next();
    await using stranger = await SocketClient.hello(url);
    notEqual((await stranger.next()).uid, uid);

    for (const [cid, content] of [["a", "hello?"], ["b", "anybody *there*?"]]) {
      visitor.send({ type: "send", cid, content });
    }
    await visitor.nextOf("acks");
    await discord.until(() => discord.threads(forum).length === 1);
    const [thread] = discord.threads(forum);
    equal(thread?.name, uid);
    const id = String(thread?.id);
    const text = (): string => discord.messages(id).map(({ content }) => content).join("\n");
    await discord.until(() => text().includes("hello?") && text().includes("there"));
    const written = text();
    equal(written.indexOf("hello?") < written.indexOf("anybody"), true);

    staff.say(id, "Good morning!");
    const { messages: [answer] } = await visitor.nextOf("messages") as unknown as {
      messages: MessageFields[];
    };
    deepEqual([answer?.from, answer?.content, answer?.author?.name], [
      "agent",
      "Good morning!",
      "Ada from support",
    ]);

    equal((await first.stop()).code, 0);
    equal((await visitor.ended()).code, 1012);
    staff.say(id, "Still there?");

    const second = await world.server();
    await using back = await SocketClient.hello(await second.url(), String(session));
    const welcome = await back.next() as unknown as {
      uid: string;
      session?: string;
      messages: MessageFields[];
    };
    equal(welcome.uid, uid);
    equal(welcome.session, undefined);
    await back.frames.until(
      "what was written meanwhile",
      (frames) => JSON.stringify(frames).includes("Still there?"),
    );
    back.send({ type: "send", cid: "b", content: "anybody *there*?" });
    back.send({ type: "send", cid: "c", content: "yes" });
    const acks = await back.frames.until("both acks", (frames) => {
      const all = frames.flatMap((frame) =>
        frame.type === "acks" ? frame.acks as { cid: string; seq: number }[] : []
      );
      return all.length === 2 &&
        deepEqual(all.map(({ cid, seq }) => [cid, seq]), [["b", 2], ["c", 5]]) === undefined;
    });
    equal(acks.length > 0, true);
    await discord.until(() => discord.messages(id).some(({ content }) => content.includes("yes")));
    equal(discord.threads(forum).length, 1);
    back.send({ type: "history", before: 100, limit: 100 });
    const { messages } = await back.nextOf("history") as unknown as { messages: MessageFields[] };
    deepEqual(messages.map(({ from, content }) => [from, content]), [
      ["visitor", "hello?"],
      ["visitor", "anybody *there*?"],
      ["agent", "Good morning!"],
      ["agent", "Still there?"],
      ["visitor", "yes"],
    ]);
    deepEqual(
      discord.pings.filter(({ everyone, users, roles }) => everyone || users.length + roles.length > 0),
      [],
    );
  },
);

Deno.test(
  "[D4] End to end: what a visitor writes while Discord is out of reach arrives when it is back",
  RELAXED,
  async () => {
    await using world = await World.start();
    const { discord, forum } = world;
    const server = await world.server();
    const url = await server.url();
    await discord.until(() => discord.connected);
    discord.setOutage(true);
    await using visitor = await SocketClient.hello(url);
    await visitor.next();
    visitor.send({ type: "send", cid: "a", content: "into the dark" });
    await visitor.nextOf("acks");
    equal(discord.threads(forum).length, 0);
    discord.setOutage(false);
    await visitor.nextOf("delivered");
    const [thread] = discord.threads(forum);
    match(discord.messages(String(thread?.id)).map(({ content }) => content).join("\n"), /into the dark/);
  },
);

Deno.test("[D1] End to end: after kill -9 every acked message is there, once", RELAXED, async () => {
  await using world = await World.start();
  const first = await world.server();
  await using visitor = await SocketClient.hello(await first.url());
  const { session } = await visitor.next();
  for (let i = 0; i < 300; i++) visitor.send({ type: "send", cid: `c${i}`, content: `${i}` });
  const acked = (): string[] =>
    visitor.frames.items.flatMap((frame) =>
      frame.type === "acks" ? (frame.acks as { cid: string }[]).map(({ cid }) => cid) : []
    );
  await visitor.frames.until("the first acks", () => acked().length > 0);
  await first.stop("SIGKILL");
  await visitor.ended();
  const second = await world.server();
  await using back = await SocketClient.hello(await second.url(), String(session));
  await back.next();
  const stored: string[] = [];
  for (let before = 1_000; before > 1;) {
    back.send({ type: "history", before, limit: 100 });
    const { messages } = await back.nextOf("history") as unknown as { messages: MessageFields[] };
    stored.unshift(...messages.map(({ content }) => `c${content}`));
    before = messages[0]?.seq ?? 1;
  }
  deepEqual(stored.slice(0, acked().length), acked());
  equal(new Set(stored).size, stored.length);
});

Deno.test(
  "End to end: the server refuses to start with one clear line, and writes nothing",
  RELAXED,
  async () => {
    await using world = await World.start();
    const refused = async (env: Record<string, string>): Promise<[number, string]> => {
      const { code, text } = await (await world.server(env)).ended;
      return [code, text];
    };
    const [noToken, help] = await refused({ DISCORD_TOKEN: "" });
    deepEqual([noToken, help.trim().split("\n").length], [78, 5]);
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const [portTaken, portLine] = await refused({ PORT: String((taken.addr as Deno.NetAddr).port) });
    taken.close();
    equal(portTaken, 69);
    match(portLine, /^chatbox50: Cannot listen on 127\.0\.0\.1:\d+: another program does.*$/);
    const [badValue, valueLine] = await refused({ PORT: "99999" });
    equal(badValue, 78);
    match(valueLine, /^chatbox50: PORT .*99999.*allowed.*$/);
    deepEqual(
      [...Deno.readDirSync(world.folder)].map(({ name }) => name).filter((name) => name !== "chatbox50"),
      [],
    );
    await Deno.writeTextFile(`${world.folder}/chatbox50.db`, "not a database ".repeat(100));
    const [damaged, damagedLine] = await refused({});
    equal(damaged, 66);
    match(damagedLine, /^chatbox50: Cannot use the database .*damaged.*$/);
  },
);
