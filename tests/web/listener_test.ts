import { equal } from "node:assert/strict";
import { Listener } from "../../src/web/listener.ts";
import { systemClock } from "../../src/core/mod.ts";
import { TestAuthority } from "../support/acme/certificates.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Log } from "../support/log.ts";
import { within } from "../support/until.ts";

/** Connections that are cut end a turn after the test. */
const RELAXED = { sanitizeOps: false, sanitizeResources: false };

/** A client that keeps its connection, as browsers do. */
function keptAlive(root: string, version: "h1" | "h2"): Deno.HttpClient {
  return Deno.createHttpClient({ caCerts: [root], http1: version === "h1", http2: version === "h2" });
}

for (const version of ["h1", "h2"] as const) {
  Deno.test(
    `Listener.renew leaves no request without an end that comes by an open ${version} connection`,
    RELAXED,
    async () => {
      const authority = await TestAuthority.create();
      const certificate = await authority.issue("localhost", "127.0.0.1");
      const listener = new Listener({
        hostname: "127.0.0.1",
        port: 0,
        handler: () => new Response("ok"),
        certificate,
        clock: systemClock,
        logger: new Log(),
      });
      const { port } = listener.address;
      try {
        for (let round = 0; round < 6; round++) {
          using client = keptAlive(authority.root, version);
          const ask = async (): Promise<string> =>
            await (await fetch(`https://localhost:${port}/`, { client })).text();
          equal(await ask(), "ok");
          // In the same moment, before and after.
          const before = round % 2 === 0 ? ask() : undefined;
          const renewed = listener.renew(certificate);
          const asked = (before ?? ask()).then(() => "answered", () => "failed");
          equal(["answered", "failed"].includes(await within("an end of the request", asked, 3_000)), true);
          await within("the new certificate", renewed, 3_000);
          // One that was sent before the client has heard of the cut fails, and browsers send it again by themselves.
          const next = ask().catch(ask);
          equal(await within("the next answer", next, 3_000), "ok");
        }
      } finally {
        await listener.stop(AbortSignal.timeout(1_000));
      }
    },
  );
}

Deno.test("Listener.renew waits for answers that are on their way, but not for ever", RELAXED, async () => {
  const authority = await TestAuthority.create();
  const certificate = await authority.issue("localhost", "127.0.0.1");
  const clock = new FakeClock();
  const asked = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const answers = [Promise.withResolvers<Response>(), Promise.withResolvers<Response>()];
  const listener = new Listener({
    hostname: "127.0.0.1",
    port: 0,
    handler: ({ url }) => {
      const index = Number(new URL(url).pathname.slice(1));
      asked[index]?.resolve();
      return answers[index]?.promise ?? new Response("ok");
    },
    certificate,
    clock,
    logger: new Log(),
  });
  try {
    const ask = (index: number): Promise<string> => {
      // A connection of its own.
      using client = keptAlive(authority.root, "h1");
      return fetch(`https://localhost:${listener.address.port}/${index}`, { client }).then(
        (response) => response.text(),
        () => "failed",
      );
    };
    const slow = ask(0);
    await within("the request", asked[0]?.promise ?? Promise.reject());
    const first = listener.renew(certificate);
    answers[0]?.resolve(new Response("slow"));
    equal(await within("the slow answer", slow), "slow");
    // Complete, with its last bytes on their way.
    clock.advance(100);
    await within("the renewal", first);

    const never = ask(1);
    await within("the request", asked[1]?.promise ?? Promise.reject());
    const second = listener.renew(certificate);
    clock.advance(5_000);
    await within("the renewal", second);
    equal(await within("the end of the request", never), "failed");
    equal(await within("the next answer", ask(2)), "ok");
    answers[1]?.resolve(new Response(""));
  } finally {
    await listener.stop(AbortSignal.timeout(1_000));
  }
});
