import assert from "node:assert/strict";
import { connectWaitMs, MAX_CONNECT_WAIT_MS } from "../../src/discord/backoff.ts";
import { quiet } from "../../src/discord/quiet_logger.ts";
import { PatientShard } from "../../src/discord/gateway/shard.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Log } from "../support/log.ts";
import { within } from "../support/until.ts";
import { Bridge, LastingStore, withDiscord } from "./bridge.ts";
import { hold } from "./hold.ts";

Deno.test("connectWaitMs waits nothing at first, then longer each time, never beyond two minutes", () => {
  assert.equal(connectWaitMs(0, 0.5), 0);
  const least = Array.from({ length: 9 }, (_, index) => connectWaitMs(index + 1, 0));
  assert.deepEqual(least, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
  const most = Array.from({ length: 9 }, (_, index) => connectWaitMs(index + 1, 0.999_999));
  for (const [index, waitMs] of most.entries()) {
    assert.ok(waitMs > 1.99 * (least[index] ?? 0) && waitMs <= MAX_CONNECT_WAIT_MS, `${waitMs} ms`);
  }
  assert.equal(connectWaitMs(1_000_000, 0), MAX_CONNECT_WAIT_MS / 2);
  // A day of connections that fail at once stays below Discord's 1,000 IDENTIFYs, with the shortest waits on average.
  assert.ok(86_400_000 / (MAX_CONNECT_WAIT_MS * 0.75) < 1_000);
});

/** A gateway that speaks as little as a shard needs. */
class TinyGateway implements AsyncDisposable {
  readonly paths: string[] = [];
  readonly ops: number[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** What a new connection meets; `false` closes it before a word is said. */
  isOpen = true;
  #socket: WebSocket | undefined;
  readonly #waiting = new Set<() => void>();

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      const { pathname } = new URL(request.url);
      socket.onopen = () => {
        this.paths.push(pathname);
        this.#socket = socket;
        if (this.isOpen && pathname === "/") {
          socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 45_000 }, s: null, t: null }));
        } else socket.close(4_000);
        this.#told();
      };
      socket.onmessage = ({ data }) => {
        const { op } = JSON.parse(data);
        this.ops.push(op);
        const resume_gateway_url = `${this.url}/resume`;
        if (op === 2) {
          const d = { session_id: "s", resume_gateway_url, user: { id: "7" } };
          socket.send(JSON.stringify({ op: 0, s: 1, t: "READY", d }));
        }
        this.#told();
      };
      return response;
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#server.addr.port}`;
  }

  drop(): void {
    this.#socket?.close(4_000);
  }

  until(what: string, condition: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = (): void => {
      if (condition()) resolve();
    };
    this.#waiting.add(check);
    check();
    return within(what, promise).finally(() => this.#waiting.delete(check));
  }

  #told(): void {
    for (const check of this.#waiting) check();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** A shard at a gateway, and how often it was told to wait before a connection, for how many failures. */
async function shardAt(
  gateway: TinyGateway,
  work: (shard: PatientShard, failures: readonly (readonly [number, boolean])[]) => Promise<void>,
): Promise<void> {
  const failures: (readonly [number, boolean])[] = [];
  const ready = Promise.withResolvers<void>();
  const shard: PatientShard = new PatientShard({
    id: 0,
    connection: {
      token: "t",
      url: gateway.url,
      intents: 0,
      version: 10,
      totalShards: 1,
      compress: false,
      transportCompression: null,
      properties: { os: "linux", browser: "test", device: "test" },
    },
    events: {},
    logger: quiet(new Log()),
    requestIdentify: () => shard.identify(),
    shardIsReady: () => Promise.resolve(),
  }, {
    packet: ({ t }) => {
      if (t === "READY") ready.resolve();
    },
    disconnected: () => {},
    beforeConnect: (count, resumes) => {
      failures.push([count, resumes]);
      return Promise.resolve();
    },
    fatal: () => {},
    error: () => {},
    now: () => 0,
  });
  shard.begin();
  await within("READY", ready.promise);
  try {
    await work(shard, failures);
  } finally {
    await shard.stop();
  }
}

Deno.test("PatientShard gives up an address for resuming that does not hold", async () => {
  await using gateway = new TinyGateway();
  await shardAt(gateway, async (shard, failures) => {
    assert.equal(shard.resumeGatewayUrl, `${gateway.url}/resume`);
    gateway.drop();
    await gateway.until("a second session", () => gateway.ops.filter((op) => op === 2).length === 2);
    assert.deepEqual(gateway.paths, ["/", "/resume", "/"]);
    assert.deepEqual(failures, [[0, false], [1, true], [2, false]]);
  });
});

Deno.test("PatientShard sends nothing on a connection that was meant for an earlier one", async () => {
  await using gateway = new TinyGateway();
  await shardAt(gateway, async (shard) => {
    let late = 0;
    shard.offlineSendQueue.push(() => void late++);
    gateway.drop();
    await gateway.until("a second session", () => gateway.ops.filter((op) => op === 2).length === 2);
    assert.equal(shard.offlineSendQueue.length, 0);
    assert.equal(late, 0);
    assert.deepEqual(gateway.ops.filter((op) => op === 2 || op === 6), [2, 2]);
  });
});

Deno.test("DiscordService asks for the day's budget before each IDENTIFY, and waits with the last ones, also after a restart", async () => {
  await withDiscord(async (discord) => {
    const store = new LastingStore();
    const first = await (await Bridge.start(discord, { store })).ready();
    const waits = (bridge: Bridge): boolean =>
      bridge.logged("error").some((line) => line.startsWith("Too many connections"));
    discord.dropGateway({ resumable: false });
    await discord.until(() => discord.sessions.identifies === 2, { timeoutMs: 10_000 });
    assert.equal(waits(first), false);
    discord.dropGateway({ resumable: false });
    await first.until(() => waits(first), "the wait");
    await first[Symbol.asyncDispose]();
    await using second = await Bridge.start(discord, { store });
    await second.until(() => waits(second), "the wait after the restart");
    assert.equal(discord.sessions.identifies, 2);
  }, { identifyBudget: 7 });
});

Deno.test("DiscordService lets time pass between its tries to reach Discord, longer each time", async () => {
  await withDiscord(async (discord) => {
    discord.setOutage(true);
    const clock = new FakeClock();
    const bridge = await Bridge.start(discord, { clock });
    const tries = (): number =>
      bridge.logged("warn").filter((line) => line === "Cannot reach Discord, trying again").length;
    for (const [index, waitMs] of [250, 500, 1_000].entries()) {
      await bridge.until(() => tries() === index + 1, `try ${index + 1}`);
      await turn();
      clock.advance(waitMs - 1);
      const before = discord.requests.length;
      // Whatever was on its way has come when this one is answered.
      await (await fetch(`${discord.url}/v10/gateway`)).body?.cancel();
      assert.equal(discord.requests.length, before + 1);
      clock.advance(1);
    }
    await bridge.until(() => tries() === 4, "the fourth try");
    await timeToStop(bridge, clock);
  });
});

Deno.test("[D6] DiscordService stops within five seconds in all, whatever it waits for", async () => {
  await withDiscord(async (discord) => {
    const clock = new FakeClock();
    const bridge = await (await Bridge.start(discord, { clock })).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    const reading = hold(discord, "delay", "GET", "/guilds/:guild_id/threads/active");
    const writing = hold(discord, "delay", "POST", "/channels/:channel_id/messages");
    await visitor.say("never answered");
    await writing.asked;
    discord.syncThreads(discord.world.channel(thread).parentId ?? "");
    discord.staff("Alice").say(thread, "never read");
    await reading.asked;
    const tookMs = await timeToStop(bridge, clock);
    reading.release();
    writing.release();
    assert.ok(tookMs >= 1_000 && tookMs <= 5_300, `${tookMs} ms`);
  });
});

/** Lets what can go on without the clock go on. */
function turn(): Promise<void> {
  return new Promise<void>((resolve) => setTimeout(resolve));
}

/** Stops a bridge whose clock stands still otherwise. @returns milliseconds of that clock */
async function timeToStop(bridge: Bridge, clock: FakeClock): Promise<number> {
  const started = clock.now();
  let isOver = false;
  const stopped = bridge[Symbol.asyncDispose]().finally(() => isOver = true);
  while (!isOver) {
    clock.advance(50);
    await turn();
  }
  await stopped;
  return clock.now() - started;
}
