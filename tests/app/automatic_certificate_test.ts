import { deepEqual, equal } from "node:assert/strict";
import { setImmediate } from "node:timers";
import { AutomaticCertificate } from "../../src/app/tls/automatic_certificate.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Log } from "../support/log.ts";

const DAY_MS = 86_400_000;

/** Lets everything that is ready run. */
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** An authority whose certificates count 90 days, a store in memory, and what came of it. */
function setUp(): {
  clock: FakeClock;
  asked: number[];
  got: string[];
  refuse: { now: boolean };
  make: () => AutomaticCertificate;
} {
  const clock = new FakeClock();
  const kept = new Map<string, Uint8Array>();
  const asked: number[] = [];
  const got: string[] = [];
  const refuse = { now: false };
  const make = (): AutomaticCertificate =>
    new AutomaticCertificate({
      domain: "chat.example.com",
      directoryUrl: "https://acme.example/directory",
      authority: {
        newAccountKey: () => Promise.resolve("account"),
        request: () => {
          asked.push(clock.now());
          if (refuse.now) return Promise.reject(new Error("no"));
          return Promise.resolve({ cert: String(clock.now()), key: "key" });
        },
        validityOf: ({ cert }) => ({ from: Number(cert), until: Number(cert) + 90 * DAY_MS }),
      },
      store: {
        get: (key) => kept.get(key),
        set: (key, value) => Promise.resolve(void kept.set(key, value)),
      },
      onChange: ({ cert }) => void got.push(cert),
      clock,
      logger: new Log(),
    });
  return { clock, asked, got, refuse, make };
}

/** Moves the clock day by day, letting what becomes due end. */
async function days(clock: FakeClock, count: number): Promise<void> {
  for (let day = 0; day < count; day++) {
    clock.advance(DAY_MS);
    await settle();
  }
}

Deno.test("AutomaticCertificate renews at two thirds of a certificate's time, also after a restart", async () => {
  const { clock, asked, got, make } = setUp();
  const first = make();
  first.start();
  await settle();
  equal(got.length, 1);
  const ends = clock.now() + 90 * DAY_MS;
  equal(first.until, ends);
  await days(clock, 40);
  first.stop();
  const second = make();
  equal(second.kept?.cert, got[0]);
  equal(second.until, 0);
  second.start();
  equal(second.until, ends);
  await days(clock, 19);
  equal(asked.length, 1);
  await days(clock, 1);
  equal(second.until, clock.now() + 90 * DAY_MS);
  deepEqual([asked.length, got.length], [2, 2]);
  second.stop();
  equal(clock.waiting, 0);
});

Deno.test("AutomaticCertificate asks again after a refusal, less and less often", async () => {
  const { clock, asked, got, refuse, make } = setUp();
  refuse.now = true;
  const certificates = make();
  certificates.start();
  await settle();
  for (let minute = 0; minute < 120; minute++) {
    clock.advance(60_000);
    await settle();
  }
  const start = asked[0] ?? 0;
  deepEqual(asked.map((at) => (at - start) / 60_000), [0, 15, 45, 105]);
  refuse.now = false;
  await days(clock, 1);
  equal(got.length, 1);
  certificates.stop();
});

Deno.test("AutomaticCertificate does not begin with one that is over", async () => {
  const { clock, make } = setUp();
  const first = make();
  first.start();
  await settle();
  first.stop();
  clock.advance(91 * DAY_MS);
  equal(make().kept, undefined);
});
