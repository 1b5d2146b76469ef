import { equal, match } from "node:assert/strict";
import { Besieged } from "../hostile/besieged.ts";
import { RawVisitor } from "../hostile/raw_visitor.ts";

const HELLO = { type: "hello", v: 1, session: null, after: 0 };
const MIB = 1024 * 1024;
/** What a process may keep of an attack: the allocator's pools, not the attack itself. */
const KEPT_MIB = 64;
/** What SQLite keeps of a database that has grown. */
const PAGE_CACHE_MIB = 64;
/** Off, so that what lies below them is met. */
const NO_RATES = { LIMIT_MESSAGES: "0", LIMIT_FRAMES: "0" };

/** Sockets and pipes of processes end a turn after the test has seen them end. */
const RELAXED = { sanitizeOps: false, sanitizeResources: false };

function print(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Against the executable alone: beside all the other tests neither time nor memory would be its own. */
const ignore = Deno.env.get("CHATBOX50_EXECUTABLE") === undefined;

function siege(
  name: string,
  { openFiles, env }: { readonly openFiles: number; readonly env?: Readonly<Record<string, string>> },
  attack: (server: Besieged) => Promise<void>,
): void {
  Deno.test(`[S3, S4] End to end: ${name}`, { ...RELAXED, ignore }, async () => {
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
    for (const one of silent) match(await one.read(), /no hello in time/);
  }
  await server.closesDownTo(before + 8);
});

siege("readers who take one byte and then no more", { openFiles: 256, env: NO_RATES }, async (server) => {
  {
    using held = new DisposableStack();
    const readers = await Promise.all(Array.from({ length: 8 }, () => RawVisitor.upgrade(server.url)));
    await Promise.all(readers.map(async (one) => {
      held.use(one);
      await one.frame(HELLO);
      await one.read(1);
      for (let i = 0; i < 50; i++) {
        await one.frame({ type: "send", cid: `c${i}`, content: "x".repeat(4_000) });
      }
      equal(await refused(one), true);
    }));
    await server.talk();
    await server.servesNewVisitors();
  }
  await server.shrinksTo(KEPT_MIB);
});

siege("frames of 64 MiB, whole and in part", { openFiles: 256 }, async (server) => {
  const large = "x".repeat(64 * MIB - 1);
  {
    using held = new DisposableStack();
    for (let i = 0; i < 4; i++) {
      const one = held.use(await RawVisitor.upgrade(server.url));
      await one.frame(HELLO);
      await one.frame(large);
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
  let flooded = 0;
  await Promise.all(Array.from({ length: 5 }, async (_, number) => {
    using one = await RawVisitor.upgrade(server.url);
    await one.frame(HELLO);
    match(await one.read(), /welcome/);
    // One that reads, so that only the flood itself is met.
    const reading = (async (): Promise<void> => {
      while (await one.read() !== "");
    })().catch(() => {});
    const kinds = [
      { type: "typing" },
      { type: "read", seq: 1 },
      { type: "history", before: 1, limit: 100 },
      { type: "send", content: "flood" },
    ];
    for (let i = 0; performance.now() < ends; i++) {
      try {
        await one.frame({ ...kinds[i % kinds.length], cid: `f${number}-${i}` });
        flooded++;
      } catch {
        break;
      }
    }
    one[Symbol.dispose]();
    await reading;
  }));
  await server.talk();
  print(`flooded with ${flooded} frames`);
  await server.shrinksTo(KEPT_MIB + PAGE_CACHE_MIB);
});

/** Asks for pages without reading them until the server has had enough. */
async function refused(one: RawVisitor): Promise<boolean> {
  const LONG = 10_000;
  for (let i = 0; i < LONG; i++) {
    try {
      const written = await soon(
        one.frame({ type: "history", before: 1_000, limit: 100 }).then(() => true),
        5_000,
      );
      if (written === undefined) return false;
    } catch {
      return true;
    }
  }
  return false;
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
