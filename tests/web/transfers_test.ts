import { deepEqual, equal, match } from "node:assert/strict";
import { steadyStream } from "../../src/web/files/steady_stream.ts";
import {
  NO_TRANSFER_LIMITS,
  TransferLimits,
  type TransferSettings,
} from "../../src/web/files/transfer_limits.ts";
import { NO_LIMITS } from "../../src/web/limits/visitor_limits.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Log } from "../support/log.ts";
import { FileVisitor, nextSave } from "./file_visitor.ts";
import { socketTest } from "./server_test_case.ts";

const MIB = 1024 * 1024;
const HOUR_MS = 60 * 60_000;
const [ada, bob, eve] = [
  { uid: "ada", prefix: "192.0.2.1" },
  { uid: "bob", prefix: "192.0.2.1" },
  { uid: "eve", prefix: "192.0.2.1" },
];

function limitsOf(settings: Partial<TransferSettings>, clock = new FakeClock()): TransferLimits {
  return new TransferLimits({ ...NO_TRANSFER_LIMITS, ...settings }, clock);
}

Deno.test("[S3] TransferLimits lets a visitor have so many uploads at once, an address twice as many, until they end", () => {
  const limits = limitsOf({ atOnce: 2 });
  const turns = [ada, ada, ada, bob, bob, eve].map((asker) => limits.upload(asker, 1));
  deepEqual(turns.map((turn) => "waitMs" in turn), [false, false, true, false, false, true]);
  for (const turn of turns) if ("leave" in turn) turn.leave(1);
  equal("leave" in limits.upload(eve, 1), true);
  const downloads = Array.from({ length: 5 }, () => limits.download(ada.prefix));
  deepEqual(downloads.map((leave) => leave !== undefined), [true, true, true, true, false]);
  downloads[0]?.();
  equal(limits.download(ada.prefix) !== undefined, true);
});

Deno.test("[S4] TransferLimits leaves most descriptors to others where there are few", () => {
  const limits = limitsOf({ atOnce: 100, allAtOnce: 2 });
  const begun = Array.from(
    { length: 10 },
    (_, i) => limits.upload({ uid: `${i}`, prefix: `192.0.2.${i}` }, 1),
  );
  equal(begun.filter((turn) => "leave" in turn).length, 2);
});

Deno.test("[S3] TransferLimits lets an address bring a quarter of what may wait in an hour", () => {
  const clock = new FakeClock();
  const limits = limitsOf({ unsentBytes: 400 * MIB }, clock);
  for (let i = 0; i < 10; i++) equal("leave" in limits.upload({ ...ada, uid: `${i}` }, 10 * MIB), true);
  const late = limits.upload(bob, 10 * MIB);
  deepEqual("waitMs" in late && late.waitMs, HOUR_MS / 10);
  clock.advance(HOUR_MS / 10);
  equal("leave" in limits.upload(bob, 10 * MIB), true);
});

Deno.test("[S3] TransferLimits counts the smallest file of an address as 256 KiB", () => {
  const limits = limitsOf({ unsentBytes: 4 * MIB });
  const turns = Array.from({ length: 5 }, (_, i) => limits.upload({ ...ada, uid: `${i}` }, 1));
  deepEqual(turns.map((turn) => "waitMs" in turn), [false, false, false, false, true]);
});

Deno.test("[S3] TransferLimits makes an address pay for what has come only", () => {
  const limits = limitsOf({ unsentBytes: 40 * MIB });
  for (let i = 0; i < 26; i++) {
    const turn = limits.upload(ada, 10 * MIB);
    if ("leave" in turn) turn.leave(0);
  }
  const chunked = limits.upload(ada, 10 * MIB);
  equal("waitMs" in limits.upload(bob, 1), true);
  if ("leave" in chunked) chunked.leave(1);
  deepEqual([9.75 * MIB, 1].map((bytes) => "leave" in limits.upload(bob, bytes)), [true, false]);
});

Deno.test("TransferLimits sets no limits where they are 0", () => {
  const limits = limitsOf({});
  for (let i = 0; i < 1_000; i++) equal("leave" in limits.upload(ada, 10 * MIB), true);
  deepEqual({ ...limits.room, leastCounted: 0 }, {
    leastCounted: 0,
    unsentOfVisitor: 0,
    unsentOfAddress: 0,
    unsent: 0,
    keepFree: 0,
  });
});

Deno.test("TransferLimits has room for one file of a visitor, however little all may have", () => {
  equal(limitsOf({ unsentBytes: MIB }).room.unsentOfVisitor, 10 * MIB);
  equal(limitsOf({ unsentBytes: MIB }).room.unsentOfAddress, 10 * MIB);
  equal(limitsOf({ unsentBytes: 1_000 * MIB }).room.unsentOfVisitor, 100 * MIB);
  equal(limitsOf({ unsentBytes: 1_000 * MIB }).room.unsentOfAddress, 250 * MIB);
});

/** A source of endless bytes that tells whether it was cancelled. */
function endless(): {
  readonly source: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly isOpen: () => boolean;
} {
  let open = true;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
    cancel: () => void (open = false),
  }, { highWaterMark: 0 });
  return { source, isOpen: () => open };
}

Deno.test("[S4] steadyStream closes the file of a reader who takes nothing, or who takes too long in all", async () => {
  for (const pauseMs of [29_999, 30_000]) {
    const clock = new FakeClock();
    const { source, isOpen } = endless();
    let ends = 0;
    const options = { stalledAfterMs: 30_000, deadlineMs: 90_000, clock, onEnd: (): void => void ends++ };
    const reader = steadyStream(source, options).getReader();
    let taken = 0;
    try {
      for (;;) {
        await reader.read();
        taken++;
        clock.advance(pauseMs);
      }
    } catch (error) {
      match(String(error), /TimeoutError/);
    }
    deepEqual([taken, isOpen(), ends, clock.waiting], [pauseMs === 30_000 ? 1 : 4, false, 1, 0]);
  }
});

Deno.test("steadyStream ends once with its source, with its reader or with a failure, and leaves no timer", async () => {
  const failing = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.error(new Error("the disk is gone")),
  });
  for (
    const [how, source] of [["end", new Response("hello").body], ["fail", failing], [
      "cancel",
      endless().source,
    ]] as const
  ) {
    if (source === null) throw new Error("there is no body");
    const clock = new FakeClock();
    let ends = 0;
    const stream = steadyStream(source, {
      stalledAfterMs: 30_000,
      deadlineMs: 90_000,
      clock,
      onEnd: () => void ends++,
    });
    if (how === "cancel") await stream.cancel();
    else await new Response(stream).text().catch((error) => match(String(error), /the disk is gone/));
    deepEqual([ends, clock.waiting], [1, 0], how);
  }
});

const dripping = new FakeClock();

socketTest("[S4] Upload is given up at its deadline, however steadily it comes", async (server) => {
  await using visitor = await FileVisitor.arrive(server.url);
  const { begun, ended } = nextSave(server);
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const answer = visitor.upload(body.readable).then((response) => response.body?.cancel(), () => undefined);
  await writer.write(new Uint8Array(1));
  await begun;
  // Sooner than it would count as stalled.
  dripping.advance(20_000);
  match(String(await ended), /takes too long/);
  deepEqual(server.files(), []);
  await writer.abort().catch(() => undefined);
  await answer;
}, { clock: dripping, transfers: { ...NO_TRANSFER_LIMITS, deadlineMs: 20_000 } });

const log = new Log();

socketTest(
  "[D5] Upload is refused with 503 when the disk has no room to spare, and messages go on",
  async ({ url }) => {
    await using visitor = await FileVisitor.arrive(url);
    const response = await visitor.upload("x");
    deepEqual([response.status, (await response.json()).code], [503, "overloaded"]);
    equal(log.lines.some(({ message }) => message.startsWith("Refused an upload: there is no room")), true);
    visitor.client.send({ type: "send", cid: "a", content: "x" });
    equal((await visitor.client.next()).type, "acks");
  },
  { logger: log, transfers: { ...NO_TRANSFER_LIMITS, keepFreeBytes: Number.MAX_SAFE_INTEGER } },
);

socketTest(
  "[S3] Upload is refused while too much waits to be sent, and taken when it was sent",
  async ({ url }) => {
    await using visitor = await FileVisitor.arrive(url);
    const { id } = await visitor.file(new Uint8Array(6 * MIB));
    const response = await visitor.upload(new Uint8Array(6 * MIB));
    deepEqual([response.status, (await response.json()).code], [429, "rate_limited"]);
    visitor.client.send({ type: "send", cid: "a", content: "x", files: [id] });
    equal((await visitor.client.next()).type, "acks");
    await visitor.file(new Uint8Array(6 * MIB));
  },
  { transfers: { ...NO_TRANSFER_LIMITS, unsentBytes: 100 * MIB } },
);

socketTest(
  "[S3] Upload is open to others when a few addresses have filled all that may wait with files of one byte",
  async ({ url }) => {
    await using flooder = await FileVisitor.arrive(url);
    await using visitor = await FileVisitor.arrive(url);
    const from = async (address: string, visitor = flooder): Promise<number> => {
      const response = await visitor.upload("x", "a.txt", { "X-Forwarded-For": address });
      await response.body?.cancel();
      return response.status;
    };
    for (let address = 1; address <= 4; address++) {
      const statuses: number[] = [];
      for (let i = 0; i < 11; i++) statuses.push(await from(`192.0.2.${address}`));
      deepEqual(statuses, [...Array<number>(10).fill(200), 429]);
    }
    equal(await from("192.0.2.5", visitor), 200);
  },
  {
    trustedProxies: ["127.0.0.0/8"],
    transfers: { ...NO_TRANSFER_LIMITS, unsentBytes: 10 * MIB },
  },
);

for (
  const [what, options] of [
    ["by its rate", { limits: { ...NO_LIMITS, uploads: 1 } }],
    ["for want of room", { transfers: { keepFreeBytes: Number.MAX_SAFE_INTEGER } }],
  ] as const
) {
  socketTest(
    `[S3] Upload that is refused ${what} costs its address nothing`,
    async ({ url }) => {
      await using visitor = await FileVisitor.arrive(url);
      await using neighbour = await FileVisitor.arrive(url);
      const messages = new Set<string>();
      for (const one of [visitor, visitor, visitor, neighbour]) {
        const response = await one.upload(new Uint8Array(MIB));
        messages.add(response.status === 200 ? "stored" : (await response.json()).message);
        await response.body?.cancel().catch(() => undefined);
      }
      // The hour's bytes of an address would be refused in the rate's words, and to the neighbour, too.
      deepEqual(
        [...messages],
        {
          "by its rate": ["stored", "Cannot upload: too many in a short time, try again in 3600 s"],
          "for want of room": ["Cannot upload: the server has no room for files now, try again later"],
        }[what],
      );
    },
    {
      clock: new FakeClock(),
      ...("limits" in options && { limits: options.limits }),
      transfers: {
        ...NO_TRANSFER_LIMITS,
        unsentBytes: 8 * MIB,
        ...("transfers" in options && options.transfers),
      },
    },
  );
}
