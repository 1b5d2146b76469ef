import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { ANY_NUMBER_FROM_AN_ADDRESS, Besieged } from "../hostile/besieged.ts";
import { RawVisitor } from "../hostile/raw_visitor.ts";
import { SocketClient } from "../support/socket_client.ts";
import { vanish } from "../hostile/vanish.ts";
import { within } from "../support/until.ts";
import { RELAXED } from "./world.ts";

const HELLO = { type: "hello", v: 1, session: null, after: 0 };
const MIB = 1024 * 1024;
/** What a process may keep of an attack: the allocator's pools, not the attack itself. */
const KEPT_MIB = 64;
/** What SQLite keeps of a database that has grown. */
const PAGE_CACHE_MIB = 64;
/** What each socket over the limit sends of a frame, in MiB: SECURITY.md tells what 20 and 63 take. */
const PART_MIB = Number(Deno.env.get("HOSTILE_FRAME_MIB") ?? 4);
/** Off, so that what lies below them is met. */
const NO_RATES = { ...ANY_NUMBER_FROM_AN_ADDRESS, LIMIT_MESSAGES: "0", LIMIT_FRAMES: "0" };
/** A page of history, and of those so many that no buffer of the system holds them. */
const PAGE = { type: "history", before: 1_000, limit: 100 };
const PAGES = 150;
/** What a flood is made of, in turn. */
const FLOOD = [
  { type: "typing" },
  { type: "read", seq: 1 },
  { type: "history", before: 1, limit: 10 },
  { type: "send", content: "flood" },
] as const;
const FLOOD_AT_ONCE = 400;
/** Messages that make a flood, on a slow machine as well. */
const LEAST_FLOOD = 2_000;
/** No conversation comes so far: a frame that asks for it is answered by an error that names it. */
const NO_SUCH_MESSAGE = 1_000_000_000;
/** As the server comes: the attackers share one address with those who must be served. */
const DEFAULTS = {};

function print(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

const isExecutable = Deno.env.get("CHATBOX50_EXECUTABLE") !== undefined;

interface Siege {
  readonly openFiles: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Also beside all the other tests, where neither time nor memory are its own. */
  readonly always?: boolean;
}

function siege(
  name: string,
  { openFiles, env, always = false }: Siege,
  attack: (server: Besieged) => Promise<void>,
): void {
  Deno.test(`[S3, S4] End to end: ${name}`, { ...RELAXED, ignore: !always && !isExecutable }, async () => {
    await using server = await Besieged.start(openFiles, env);
    await attack(server);
    await server.talk();
    await server.arrived();
    await server.servesNewVisitors();
    equal((await server.process.stop()).code, 0);
  });
}

siege("connections that use up every descriptor", { openFiles: 64 }, async (server) => {
  using held = new DisposableStack();
  for (let i = 0; i < 150; i++) {
    // Where no more fit into the queue of the system, connecting waits or is refused.
    const one = await soon(RawVisitor.connect(server.url).catch(() => undefined));
    if (one !== undefined) held.use(one);
  }
  await until(() => server.descriptors >= 60);
  await server.talk();
});

siege("request headers that never end", { openFiles: 256 }, async (server) => {
  using held = new DisposableStack();
  for (let i = 0; i < 100; i++) {
    const one = held.use(await RawVisitor.connect(server.url));
    await one.write("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: 1");
  }
  await until(() => server.descriptors >= 100);
  await server.talk();
  await server.servesNewVisitors();
});

siege("sockets that never say hello are told so, and end", { openFiles: 256 }, async (server) => {
  const before = server.descriptors;
  {
    using held = new DisposableStack();
    const silent = await Promise.all(Array.from({ length: 100 }, () => RawVisitor.upgrade(server.url)));
    for (const one of silent) held.use(one);
    await server.talk();
    for (const one of silent) equal(await one.closed(), 4408);
  }
  await server.closesDownTo(before + 8);
});

siege("readers who take one byte and then no more", { openFiles: 256, env: NO_RATES }, async (server) => {
  {
    using held = new DisposableStack();
    const readers = await Promise.all(Array.from({ length: 8 }, () => RawVisitor.upgrade(server.url)));
    await Promise.all(readers.map(async (one) => {
      held.use(one);
      await writeHistory(one);
      await one.frame(PAGE);
      equal((await one.read(1)).length, 1);
      for (let i = 0; i < PAGES; i++) await one.frame(PAGE);
    }));
    await server.process.logs.until("all of them to be given up", () => givenUp(server) === readers.length);
    await server.talk();
    await server.servesNewVisitors();
    for (const one of readers) equal(await within("the end", one.closed()), 1013);
  }
  await server.shrinksTo(KEPT_MIB);
});

siege("frames of 64 MiB, whole and in part", { openFiles: 256, env: NO_RATES }, async (server) => {
  const large = "x".repeat(64 * MIB - 1);
  {
    using held = new DisposableStack();
    for (let i = 0; i < 4; i++) {
      const one = held.use(await RawVisitor.upgrade(server.url));
      await one.frame(HELLO);
      await one.frame(large);
      equal(await within("the end", one.closed()), 1009);
      await server.talk();
    }
    for (let i = 0; i < 4; i++) {
      const one = held.use(await RawVisitor.upgrade(server.url));
      await one.announce(64 * MIB - 1);
      await one.write("x".repeat(8 * MIB));
    }
    await server.talk();
  }
  await server.shrinksTo(KEPT_MIB);
});

siege("floods of valid frames", { openFiles: 256, env: NO_RATES }, async (server) => {
  const ends = performance.now() + 2_000;
  const before = await acceptedMessages(server);
  const sent = await Promise.all(Array.from({ length: 5 }, async (_, number) => {
    using one = await RawVisitor.upgrade(server.url);
    await one.frame(HELLO);
    match(await one.read(), /welcome/);
    let frames = 0;
    while (performance.now() < ends) {
      for (let left = FLOOD_AT_ONCE; left > 0; left--) await one.frame(floodFrame(number, frames++));
      // Frames are looked at in their order: the answer to the last says that all of them were. Whoever only writes is a slow reader.
      await one.frame({ type: "delete", seq: NO_SUCH_MESSAGE + frames });
      equal(await within("the answer", readUntil(one, `"seq":${NO_SUCH_MESSAGE + frames}`)), true);
    }
    return frames;
  }));
  const messages = sent.reduce((sum, frames) => sum + frames / FLOOD.length, 0);
  const accepted = await acceptedMessages(server) - before;
  print(`flooded with ${sent.join(" + ")} frames, ${accepted} messages on disk`);
  ok(messages > LEAST_FLOOD && accepted >= messages, `${accepted} of ${messages} messages`);
  await server.talk();
  await server.shrinksTo(KEPT_MIB + PAGE_CACHE_MIB);
});

siege(
  "floods of valid frames are told to wait, and end with 4429",
  { openFiles: 256, env: DEFAULTS },
  async (server) => {
    const flood = async (number: number): Promise<number> => {
      using one = await RawVisitor.upgrade(server.url);
      await one.frame(HELLO);
      match(await one.read(), /welcome/);
      let frames = 0;
      const writing = (async (): Promise<void> => {
        while (one.closeCode === undefined) await one.frame(floodFrame(number, frames++));
      })().catch(() => {
        // It was ended while it wrote; how, it reads.
      });
      equal(await within("to be told to wait", readUntil(one, '"code":"rate_limited"')), true);
      equal(await within("the end", one.closed()), 4429);
      await writing;
      return frames;
    };
    const before = await acceptedMessages(server);
    const floods = Promise.all(Array.from({ length: 5 }, (_, number) => flood(number)));
    for (let i = 0; i < 3; i++) {
      await server.talk();
      await server.servesNewVisitors();
    }
    const sent = await floods;
    const accepted = await acceptedMessages(server) - before;
    print(`flooded with ${sent.join(" + ")} frames, ${accepted} messages on disk`);
    // 60 a minute of each; those who were served wrote a few as well.
    ok(accepted >= 5 * 60 && accepted < 5 * 60 + 30, `${accepted} messages`);
  },
);

siege(
  "handshakes whose senders vanish leave no places taken",
  { openFiles: 256, env: DEFAULTS, always: true },
  async (server) => {
    const before = server.descriptors;
    for (let round = 0; round < 30; round++) {
      await Promise.all(Array.from({ length: 10 }, () => vanish(server.url)));
    }
    await server.servesNewVisitors();
    // Deno 2.9 keeps some for good: at most those that an address may have open until the places are given back.
    await server.closesDownTo(before + 24 + 8);
  },
);

siege(
  "sockets over the limit that stay and send large frames",
  { openFiles: 256, env: DEFAULTS },
  async (server) => {
    const before = server.descriptors;
    {
      using held = new DisposableStack();
      const opened: RawVisitor[] = [];
      let refused = 0;
      for (let i = 0; i < 60; i++) {
        const one = held.use(await RawVisitor.connect(server.url));
        const answer = await one.handshake();
        if (answer.startsWith("HTTP/1.1 101")) opened.push(one);
        else {
          refused++;
          match(answer, /^HTTP\/1\.1 503 [^]*retry-after: 60/i);
          while (await one.read() !== "");
        }
      }
      // 20 of an address, with the one that talks; 4 more that were told why not.
      deepEqual([opened.length, refused], [23, 37]);
      equal(server.descriptors <= before + 25, true);
      for (const one of opened) {
        await one.announce(64 * MIB - 1);
        await one.write("x".repeat(PART_MIB * MIB));
      }
      await server.talk();
      print(
        `sockets over the limit: ${Math.round(server.grown)} MiB more for ${PART_MIB * opened.length} sent`,
      );
    }
    await server.closesDownTo(before + 8);
    await server.shrinksTo(KEPT_MIB);
  },
);

siege("messages made of line ends, and floods of them", { openFiles: 256, env: DEFAULTS }, async (server) => {
  using held = new DisposableStack();
  const content = `a${"\n".repeat(32_000)}a`;
  const attackers = await Promise.all(Array.from({ length: 15 }, async () => {
    const one = held.use(await RawVisitor.upgrade(server.url));
    await one.frame(HELLO);
    return one;
  }));
  const flood = attackers.map(async (one) => {
    try {
      for (let i = 0; i < 200; i++) await one.frame({ type: "send", cid: `c${i}`, content });
    } catch {
      // Ended for it.
    }
  });
  for (let i = 0; i < 5; i++) {
    equal(await fetch(`${server.url}/healthz`).then((answer) => answer.text()), "ok\n");
  }
  const started = performance.now();
  await server.talk();
  await fetch(`${server.url}/healthz`).then((answer) => answer.text());
  equal(performance.now() - started < 10_000, true);
  await Promise.all(flood);
});

siege(
  "visitors without end, where a few thousand descriptors are allowed",
  { openFiles: 2_048, env: { MAX_CONNECTIONS_PER_IP: "0" } },
  async (server) => {
    using held = new DisposableStack();
    let refused = 0;
    for (let i = 0; i < 1_800 && refused < 10; i++) {
      const one = held.use(await RawVisitor.connect(server.url));
      if (!(await one.handshake()).startsWith("HTTP/1.1 101")) refused++;
    }
    equal(refused, 10);
    // Enough is left for the database, Discord, files and pages.
    equal(server.descriptors < 2_048 - 256, true);
    await server.talk();
    equal(await (await fetch(`${server.url}/healthz`)).text(), "ok\n");
  },
);

siege(
  "HTTP connections that are kept and ask for nothing more",
  { openFiles: 256, env: DEFAULTS },
  async (server) => {
    const before = server.descriptors;
    {
      using held = new DisposableStack();
      for (let i = 0; i < 100; i++) {
        const one = held.use(await RawVisitor.connect(server.url));
        await one.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
        match(await one.read(), /^HTTP\/1\.1 200 /);
      }
      await server.talk();
      await server.servesNewVisitors();
    }
    await server.closesDownTo(before + 8);
  },
);

siege(
  "uploads that hardly come and downloads that nobody reads",
  { openFiles: 256, env: { TRANSFER_SECONDS: "5" } },
  async (server) => {
    await using visitor = await SocketClient.hello(server.url);
    const { session } = await visitor.nextOf("welcome");
    const Authorization = `Bearer ${session}`;
    const before = server.descriptors;
    using held = new DisposableStack();
    const ask = async (head: string, body = ""): Promise<RawVisitor> => {
      const one = held.use(await RawVisitor.connect(server.url));
      await one.write(`${head} HTTP/1.1\r\nHost: x\r\nAuthorization: ${Authorization}\r\n${body}`);
      return one;
    };
    const slow: RawVisitor[] = [];
    for (let i = 0; i < 30; i++) slow.push(await ask("POST /upload", "Content-Length: 1000000\r\n\r\nx"));
    // Those that are one too many for a visitor are told so at once, the others by the deadline.
    const answers = await Promise.all(slow.map((one) => one.read()));
    const statuses = answers.map((answer) => answer.slice(9, 12)).sort();
    equal(statuses.filter((status) => status === "429").length >= 18, true, statuses.join());
    equal(statuses.every((status) => status === "429" || status === "408"), true, statuses.join());
    for (const one of slow) one[Symbol.dispose]();
    await server.closesDownTo(before + 4);
    const stored = await fetch(`${server.url}/upload`, {
      method: "POST",
      headers: { Authorization },
      body: new Uint8Array(10 * MIB),
    });
    const { id } = await stored.json();
    for (let i = 0; i < 30; i++) await ask(`GET /files/${id}`, "\r\n");
    await server.talk();
    // The line of each stays as long as its other end wants it to; its file does not.
    await server.closesDownTo(before + 30 + 4);
  },
);

siege("readers who take a little now and then", { openFiles: 256, env: NO_RATES }, async (server) => {
  using held = new DisposableStack();
  const reader = held.use(await RawVisitor.upgrade(server.url));
  await writeHistory(reader);
  // Of each page only a part is read: what waits grows until it is too much.
  for (let i = 0; i < 1_000 && givenUp(server) === 0; i++) {
    await reader.frame(PAGE);
    notEqual(await reader.readSoon(50), "");
  }
  equal(givenUp(server), 1);
  equal(await within("the end", reader.closed()), 1013);
  await server.talk();
  await server.shrinksTo(KEPT_MIB);
});

/** Says hello and writes what makes a page of 200 KB; the pages would be empty if they came before the acks. */
async function writeHistory(one: RawVisitor): Promise<void> {
  await one.frame(HELLO);
  for (let i = 1; i <= 50; i++) await one.frame({ type: "send", cid: `c${i}`, content: "x".repeat(4_000) });
  equal(await within("the acks", readUntil(one, '"cid":"c50"')), true);
}

/** How many sockets the server has closed because they read too slowly. */
function givenUp({ process }: Besieged): number {
  return process.logs.items.filter(({ message }) => message === "Closed a socket that reads too slowly")
    .length;
}

function floodFrame(number: number, index: number): unknown {
  return { ...FLOOD[index % FLOOD.length], cid: `f${number}-${index}` };
}

/** New messages of visitors, by the server's own count. */
async function acceptedMessages({ url }: Besieged): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^chatbox50_messages_accepted_total\{direction="to_staff"\} (\d+)$/m.exec(text)?.[1]);
}

/** Reads on until a text comes by; whether it did before the end. */
async function readUntil(one: RawVisitor, text: string): Promise<boolean> {
  for (let last = "";;) {
    const read = await one.read();
    if (read === "") return false;
    const seen = last + read;
    if (seen.includes(text)) return true;
    last = seen.slice(-text.length);
  }
}

async function soon<T>(promise: Promise<T>, limitMs = 200): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), limitMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function until(condition: () => boolean): Promise<void> {
  const limit = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
