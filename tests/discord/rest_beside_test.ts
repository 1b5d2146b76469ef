import assert from "node:assert/strict";
import { silentLogger, systemClock } from "../../src/core/mod.ts";
import { DiscordUnreachable } from "../../src/discord/errors.ts";
import { RestCaller, type RestCallerOptions } from "../../src/discord/rest/rest_manager.ts";
import { Collector, within } from "../support/until.ts";

const ROUTE = "/channels/1/threads";

/** A server that answers when the test says, and what it is asked by. */
interface Stage {
  readonly caller: RestCaller;
  /** The requests that have come, each with a way to answer it. */
  readonly requests: Collector<Held>;
  /** Makes a call of a limit that conversations share. */
  readonly ask: () => Promise<unknown>;
}

interface Held {
  readonly at: number;
  readonly answer: (response: Response) => void;
}

async function withServer(
  work: (stage: Stage) => Promise<void>,
  options: Partial<RestCallerOptions> = {},
): Promise<void> {
  const requests = new Collector<Held>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    requests.push({ at: performance.now(), answer: resolve });
    return promise;
  });
  const caller = new RestCaller({
    token: "no-token-of-discords",
    apiUrl: `http://127.0.0.1:${server.addr.port}`,
    clock: systemClock,
    logger: silentLogger,
    ...options,
  });
  try {
    await work({ caller, requests, ask: () => caller.call("make a thread", "POST", ROUTE, { body: {} }) });
  } finally {
    await caller.close();
    for (const { answer } of requests.items) answer(new Response());
    await server.shutdown();
  }
}

function limited(limit: number, remaining: number): ResponseInit {
  return {
    headers: {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-remaining": String(remaining),
      "x-ratelimit-reset-after": "30",
    },
  };
}

async function failure(call: Promise<unknown>): Promise<DiscordUnreachable> {
  const error = await call.then(() => undefined, (error: unknown) => error);
  if (error instanceof DiscordUnreachable) return error;
  throw new Error(`It did not fail as expected: ${error}`);
}

Deno.test("RestCaller is quick with a server that names no limit, also for what conversations share", async () => {
  await withServer(async ({ requests, ask }) => {
    const calls = Promise.all(Array.from({ length: 20 }, ask));
    for (let count = 1; count <= 20; count++) {
      const come = await requests.count("requests", count);
      assert.equal(come.length, count, "one after the other");
      come[count - 1]?.answer(Response.json({ id: "1" }));
    }
    await within("20 answers", calls, 5_000);
  });
});

Deno.test("RestCaller has no more calls under way than Discord has said are left", async () => {
  await withServer(async ({ caller, requests, ask }) => {
    const first = ask();
    const [asked] = await requests.count("the first request", 1);
    asked?.answer(Response.json({ id: "1" }, limited(4, 3)));
    await first;
    const calls = Array.from({ length: 6 }, ask).map(failure);
    await requests.count("as many as are left", 4);
    await caller.close();
    const errors = await Promise.all(calls);
    assert.equal(requests.items.length, 4);
    assert.deepEqual(errors.map(({ sent }) => sent), [true, true, true, false, false, false]);
  });
});

for (
  const [what, headers] of [
    ["the route's", { "x-ratelimit-reset-after": "0.3", "retry-after": "1", "x-ratelimit-scope": "user" }],
    ["that of all", { "retry-after": "0.3", "x-ratelimit-global": "true", "x-ratelimit-scope": "global" }],
  ] as const
) {
  Deno.test(`RestCaller asks once more after a 429, when the limit is over (${what}), and others wait as long`, async () => {
    await withServer(async ({ requests, ask }) => {
      const calls = [ask(), ask()];
      const [refused] = await requests.count("the first request", 1);
      const at = performance.now();
      refused?.answer(Response.json({ retry_after: 0.3 }, { status: 429, headers }));
      for (const count of [2, 3]) {
        const next = (await requests.count("requests", count))[count - 1];
        assert.ok((next?.at ?? 0) - at > 250, `${(next?.at ?? 0) - at} ms`);
        next?.answer(Response.json({ id: "1" }));
      }
      assert.deepEqual(await Promise.all(calls), [{ id: "1" }, { id: "1" }]);
      assert.equal(requests.items.length, 3);
    });
  });
}

Deno.test("RestCaller gives a call back that was refused twice with a 429", async () => {
  await withServer(async ({ requests, ask }) => {
    const call = failure(ask());
    const headers = { "x-ratelimit-reset-after": "0.01", "retry-after": "1" };
    for (const count of [1, 2]) {
      const come = await requests.count("a request", count);
      come[count - 1]?.answer(Response.json({}, { status: 429, headers }));
    }
    assert.deepEqual([(await call).status, (await call).sent], [429, false]);
    assert.equal(requests.items.length, 2);
  });
});

Deno.test("RestCaller gives a call back that would wait for longer than a minute, and tells for how long", async () => {
  await withServer(async ({ requests, ask }) => {
    const first = ask();
    const [asked] = await requests.count("the first request", 1);
    const headers = {
      "x-ratelimit-limit": "50",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset-after": "200",
    };
    asked?.answer(Response.json({ id: "1" }, { headers }));
    await first;
    const { retryAfterMs = 0, sent, status } = await failure(ask());
    assert.deepEqual([sent, status], [false, 429]);
    assert.ok(retryAfterMs > 190_000 && retryAfterMs <= 200_000, `${retryAfterMs} ms`);
  });
});

Deno.test("RestCaller ends what hangs and what waits for it when it is closed", async () => {
  await withServer(async ({ caller, requests, ask }) => {
    const first = ask();
    const [asked] = await requests.count("the first request", 1);
    asked?.answer(Response.json({ id: "1" }, limited(2, 1)));
    await first;
    // One hangs, and the other waits for half a minute.
    const calls = [ask(), ask()].map(failure);
    await requests.count("the second request", 2);
    await within("the end", caller.close(), 5_000);
    const errors = await Promise.all(calls);
    assert.deepEqual(errors.map(({ sent }) => sent), [true, false]);
    assert.equal(requests.items.length, 2);
  });
});
