import { equal, match, ok } from "node:assert/strict";
import { mutate } from "../fuzz/mutate.ts";
import { type Examined, talkNonsense } from "../fuzz/nonsense_visitor.ts";
import { Random } from "../fuzz/random.ts";
import { Besieged } from "../hostile/besieged.ts";
import { RawVisitor } from "../hostile/raw_visitor.ts";
import { within } from "../support/until.ts";
import { RELAXED } from "./world.ts";

/** How many frames and requests; `deno task fuzz` asks for a million and more. */
const FRAMES = Number(Deno.env.get("FUZZ_FRAMES") ?? 20_000);
const REQUESTS = Number(Deno.env.get("FUZZ_REQUESTS") ?? 500);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 50);
const SOCKETS = 4;
/** Then another one takes over, in a conversation of its own. */
const FRAMES_A_SOCKET = 1_000;
/** How long the slowest answer may take, in milliseconds, however busy the machine. */
const SLOWEST_MS = 5_000;
/** How soon the server closes a socket whose other end has closed, in milliseconds: before it would for want of a hello. */
const CLOSED_WITHIN_MS = 5_000;
const OPEN_FILES = 256;
const NO_RATES = { LIMIT_MESSAGES: "0", LIMIT_FRAMES: "0", LIMIT_SESSIONS: "0", MAX_CONNECTIONS_PER_IP: "0" };
/** What SQLite keeps, what V8 keeps, and what a million stored messages need in memory. */
const KEPT_MIB = 160;

function print(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Nothing that a visitor sends is worth an error in the operator's log, unless it is a promise nobody looks after. */
function unhandled(server: Besieged): readonly string[] {
  return server.process.logs.items.map(({ message }) => message)
    .filter((message) => message === "Unhandled error" || message === "A request failed");
}

Deno.test(
  "[S3] End to end: mutated frames stop nothing, leave nothing behind and reach nobody else",
  RELAXED,
  async () => {
    await using server = await Besieged.start(OPEN_FILES, NO_RATES);
    const examined: Examined = { frames: 0, faults: 0, sockets: 0, slowestMs: 0 };
    await Promise.all(Array.from({ length: SOCKETS }, async (_, number) => {
      const random = new Random(SEED + number);
      const own: Examined = { frames: 0, faults: 0, sockets: 0, slowestMs: 0 };
      while (own.frames < FRAMES / SOCKETS) {
        // Some begin with nonsense, which ends them at once.
        const left = Math.min(FRAMES / SOCKETS - own.frames, FRAMES_A_SOCKET);
        await talkNonsense(server.url, random, left, own, random.below(10) === 0);
      }
      examined.frames += own.frames;
      examined.faults += own.faults;
      examined.sockets += own.sockets;
      examined.slowestMs = Math.max(examined.slowestMs, own.slowestMs);
    }));
    ok(examined.frames >= FRAMES, JSON.stringify(examined));
    // Nobody waits for another one's frame, however odd.
    ok(examined.slowestMs < SLOWEST_MS, `a batch was answered after ${examined.slowestMs} ms`);
    // By the server's own count: what no parser takes was refused, on sockets that stayed open.
    const refused = await refusedFrames(server.url);
    ok(refused >= examined.faults, `${refused} refused, ${examined.faults} were no frames`);
    ok(examined.faults > FRAMES / 10 && examined.faults < examined.frames * 0.9, JSON.stringify(examined));
    await server.talk();
    await server.arrived();
    await server.servesNewVisitors();
    await server.shrinksTo(KEPT_MIB);
    equal(unhandled(server).join(), "");
    equal((await server.process.stop()).code, 0);
    print(`seed ${SEED}: ${JSON.stringify(examined)}, ${refused} refused`);
  },
);

/** How many frames the server says it has refused. */
async function refusedFrames(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = [...text.matchAll(/^chatbox50_frames_refused_total\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

Deno.test("[S3] End to end: bytes that are no WebSocket frames stop nothing", RELAXED, async () => {
  await using server = await Besieged.start(OPEN_FILES, NO_RATES);
  const random = new Random(SEED);
  for (let i = 0; i < REQUESTS; i++) {
    using one = await RawVisitor.upgrade(server.url);
    const bytes = Uint8Array.from({ length: 1 + random.below(200) }, () => random.below(256));
    await one.bytes(bytes);
    // Part of a frame waits for the rest. The end comes after all of them, so who closes because of it has read them.
    await one.finish().catch(() => {
      // It was ended for what it sent.
    });
    await within("the server to close", untilEnd(one), CLOSED_WITHIN_MS);
  }
  await server.talk();
  await server.servesNewVisitors();
  equal(unhandled(server).join(), "");
});

/** Reads on until there is nothing more; to be reset is an end as well. */
async function untilEnd(one: RawVisitor): Promise<void> {
  try {
    while (await one.read() !== "");
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
}

const REQUESTS_AS_BROWSERS_MAKE_THEM = [
  "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nAccept-Language: de\r\nConnection: close\r\n\r\n",
  'GET /static/dist/page.css?v=0123456789abcdef HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: "x"\r\nConnection: close\r\n\r\n',
  "GET /embed?x=%F0%9F%98%80 HTTP/1.1\r\nHost: localhost\r\nOrigin: https://example.org\r\nConnection: close\r\n\r\n",
  "GET /files/00000000-0000-4000-8000-000000000000 HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-1\r\nConnection: close\r\n\r\n",
  "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
  "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nOrigin: http://localhost\r\n\r\n",
  "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 1.2.3.4, ::1\r\nForwarded: for=x\r\nConnection: close\r\n\r\n",
] as const;

Deno.test(
  "[S3] End to end: mutated requests are answered or refused, and never with our own fault",
  RELAXED,
  async () => {
    await using server = await Besieged.start(OPEN_FILES, NO_RATES);
    const random = new Random(SEED);
    const statuses = new Map<string, number>();
    for (let i = 0; i < REQUESTS; i++) {
      const request = mutate(
        random.of(REQUESTS_AS_BROWSERS_MAKE_THEM),
        random,
        random.of(REQUESTS_AS_BROWSERS_MAKE_THEM),
      );
      using one = await RawVisitor.connect(server.url);
      await one.write(request).catch(() => {});
      // One that was cut short waits for its rest.
      const answer = await one.readSoon() ?? "";
      const status = /^HTTP\/1\.[01] (\d+)/.exec(answer)?.[1] ?? "none";
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      ok(status !== "500", `${JSON.stringify(request)} was answered by ${answer.slice(0, 200)}`);
    }
    ok((statuses.get("200") ?? 0) > 0 && (statuses.get("400") ?? 0) > 0, JSON.stringify([...statuses]));
    match(await (await fetch(`${server.url}/healthz`)).text(), /./);
    await server.talk();
    await server.servesNewVisitors();
    equal(unhandled(server).join(), "");
  },
);
