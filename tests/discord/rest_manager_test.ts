import assert from "node:assert/strict";
import { silentLogger, systemClock } from "../../src/core/mod.ts";
import { DiscordRefusal, DiscordUnreachable } from "../../src/discord/errors.ts";
import { RestCaller, type RestCallerOptions } from "../../src/discord/rest/rest_manager.ts";
import { NO_DISCORD_METRICS } from "../../src/discord/metrics.ts";
import { Log } from "../support/log.ts";
import { within } from "../support/until.ts";

/** Runs a test against a server that is not the simulator: it answers as the test says. */
async function withServer(
  answer: (request: Request) => Response | Promise<Response>,
  work: (caller: RestCaller, requests: string[]) => Promise<void>,
  options: Partial<RestCallerOptions> = {},
): Promise<void> {
  const requests: string[] = [];
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    onError: () => Response.error(),
  }, (request) => {
    requests.push(`${request.method} ${new URL(request.url).pathname}`);
    return answer(request);
  });
  const caller = new RestCaller({
    token: "no-token-of-discords",
    apiUrl: `http://127.0.0.1:${server.addr.port}/api/v10/`,
    clock: systemClock,
    logger: silentLogger,
    attemptTimeoutMs: 100,
    ...options,
  });
  try {
    await work(caller, requests);
  } finally {
    await caller.close();
    await server.shutdown();
  }
}

function said(log: Log, wanted: string): readonly string[] {
  return log.lines.filter(({ level }) => level === wanted).map(({ message }) => message);
}

/** A port on which nobody listens. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error("It did not fail");
}

Deno.test("RestCaller is quick with a server that names no rate limits", async () => {
  let waitedMs = 0;
  await withServer(() => Response.json({ id: "1" }), async (caller, requests) => {
    const all = async (): Promise<void> => {
      for (let index = 0; index < 20; index++) {
        await caller.call("test", "POST", "/channels/1/messages", { body: {} });
      }
      await Promise.all(Array.from({ length: 20 }, () => caller.call("test", "GET", "/channels/1/messages")));
    };
    // A queue of discordeno's that is closed is looked at once a second: 20 calls would take longer than this, on any machine.
    await within("40 answers", all(), 15_000);
    assert.equal(waitedMs, 0);
    assert.equal(requests.length, 40);
    assert.equal(requests[0], "POST /api/v10/channels/1/messages");
  }, { attemptTimeoutMs: 10_000, metrics: { ...NO_DISCORD_METRICS, waited: (_, ms) => waitedMs += ms } });
});

Deno.test("RestCaller ends a call that is never answered", async () => {
  const held = Promise.withResolvers<Response>();
  await withServer(() => held.promise, async (caller) => {
    const error = await failure(caller.call("test", "POST", "/channels/1/messages", { body: {} }));
    held.resolve(new Response());
    assert.ok(error instanceof DiscordUnreachable);
    assert.equal(error.sent, true);
  });
});

for (const [what, body] of [["is no JSON", "<html>"], ["is empty", ""]] as const) {
  Deno.test(`RestCaller ends a call whose answer ${what}`, async () => {
    await withServer(() => new Response(body), async (caller) => {
      const error = await failure(caller.call("test", "GET", "/channels/1"));
      assert.ok(error instanceof DiscordUnreachable);
      await failure(caller.call("test", "GET", "/channels/1"));
    });
  });
}

Deno.test("RestCaller ends a call that cannot connect, and tells nothing of the token", async () => {
  const port = freePort();
  const caller = new RestCaller({
    token: "very-secret",
    apiUrl: `http://127.0.0.1:${port}/hidden-secret`,
    clock: systemClock,
    logger: silentLogger,
  });
  const error = await failure(caller.call("ask for the gateway", "GET", "/gateway/bot"));
  await caller.close();
  assert.ok(error instanceof DiscordUnreachable);
  assert.equal(error.sent, false);
  assert.equal(
    error.message,
    `Cannot ask for the gateway: 127.0.0.1:${port} cannot be reached: the connection was refused (ECONNREFUSED)`,
  );
  assert.ok(!Deno.inspect(error, { depth: 10 }).includes("secret"));
});

Deno.test("RestCaller opens a route again that found no server at its first calls", async () => {
  const port = freePort();
  const caller = new RestCaller({
    token: "no-token-of-discords",
    apiUrl: `http://127.0.0.1:${port}`,
    clock: systemClock,
    logger: silentLogger,
  });
  for (let attempt = 0; attempt < 2; attempt++) {
    const error = await within("a refusal", failure(caller.call("test", "GET", "/gateway/bot")), 5_000);
    assert.ok(error instanceof DiscordUnreachable);
  }
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, onListen: () => {} },
    () => Response.json({ id: "1" }),
  );
  assert.deepEqual(await within("the answer", caller.call("test", "GET", "/gateway/bot"), 5_000), {
    id: "1",
  });
  await caller.close();
  await server.shutdown();
});

Deno.test("RestCaller gives Discord's codes on", async () => {
  const body = { code: 50013, message: "Missing Permissions" };
  await withServer(() => Response.json(body, { status: 403 }), async (caller) => {
    const error = await failure(caller.call("send a message", "POST", "/channels/1/messages", { body: {} }));
    assert.ok(error instanceof DiscordRefusal);
    assert.deepEqual([error.status, error.code], [403, 50013]);
    assert.equal(
      error.message,
      "Cannot send a message: Discord answers 403, code 50013, Missing Permissions",
    );
  });
});

Deno.test("RestCaller asks no more, and says so once, after a 401 that Discord stands by", async () => {
  let told = 0;
  await withServer(
    () => Response.json({ code: 0 }, { status: 401 }),
    async (caller, requests) => {
      const failures = Array.from(
        { length: 5 },
        (_, index) => failure(caller.call("test", "GET", `/channels/${index}`)),
      );
      for (const error of await Promise.all(failures)) {
        assert.ok(error instanceof DiscordRefusal);
        assert.equal(error.status, 401);
      }
      assert.equal(requests.filter((request) => request === "GET /api/v10/users/@me").length, 1);
      const before = requests.length;
      assert.ok(before <= 6, `${before} requests`);
      await failure(caller.call("test", "GET", "/channels/9"));
      assert.equal(requests.length, before);
      assert.equal(told, 1);
    },
    { onTokenRefused: () => told++ },
  );
});

for (const [what, status] of [["Discord knows the token", 200], ["nobody can say", 503]] as const) {
  Deno.test(`RestCaller goes on after a 401 when ${what}`, async () => {
    let told = 0;
    let refuse = true;
    await withServer(
      (request) => {
        if (request.url.endsWith("/users/@me")) return Response.json({ id: "1" }, { status });
        return Response.json({}, { status: refuse ? 401 : 200 });
      },
      async (caller) => {
        const error = await failure(caller.call("test", "GET", "/channels/1"));
        assert.ok(error instanceof DiscordUnreachable);
        assert.deepEqual([error.status, error.sent], [401, false]);
        refuse = false;
        assert.deepEqual(await caller.call("test", "GET", "/channels/1"), {});
        assert.equal(told, 0);
      },
      { onTokenRefused: () => told++ },
    );
  });
}

for (
  const [what, answer, refused] of [
    ["403", () => Response.json({ code: 50001, message: "Missing Access" }, { status: 403 }), 1],
    ["403 of an edge server", () => new Response("<html>", { status: 403 }), 1],
    ["429", () => Response.json({}, { status: 429, headers: { "x-ratelimit-reset-after": "0.001" } }), 2],
  ] as const
) {
  Deno.test(`RestCaller stops before one ${what} after the other leads to a ban of the address, and says so`, async () => {
    let now = 1_000_000;
    const clock = { now: () => now, after: systemClock.after.bind(systemClock) };
    const log = new Log();
    await withServer(answer, async (caller, requests) => {
      // discordeno tries once more after a 429.
      for (let index = 0; index < 4 / refused; index++) {
        assert.equal(caller.stopped, undefined);
        await failure(caller.call("test", "GET", `/channels/${index}`));
        now += 60_000;
      }
      assert.equal(requests.length, 4);
      assert.match(caller.stopped ?? "", /would ban this address/);
      const error = await failure(caller.call("test", "GET", "/channels/7"));
      assert.ok(error instanceof DiscordUnreachable);
      assert.deepEqual([error.sent, error.retryAfterMs], [false, (10 - 4 / refused) * 60_000]);
      await failure(caller.call("test", "GET", "/channels/8"));
      assert.equal(requests.length, 4);
      assert.equal(said(log, "error").length, 1);
      now += 10 * 60_000;
      await failure(caller.call("test", "GET", "/channels/9"));
      assert.equal(requests.length, 4 + refused);
      assert.equal(caller.stopped, undefined);
      assert.deepEqual(said(log, "info"), ["Calls to Discord go out again"]);
    }, { clock, invalidRequestLimit: 4, logger: log });
  });
}

Deno.test("RestCaller lets one call out when the oldest refusal is forgotten, and tells of the stop once", async () => {
  let now = 1_000_000;
  const clock = { now: () => now, after: systemClock.after.bind(systemClock) };
  const log = new Log();
  await withServer(
    () => Response.json({ code: 50001, message: "Missing Access" }, { status: 403 }),
    async (caller, requests) => {
      for (let index = 0; index < 20; index++) {
        await failure(caller.call("test", "GET", `/channels/${index}`));
        now += 30_000;
      }
      assert.equal(requests.length, 20);
      for (let index = 20; index < 24; index++) {
        assert.ok(await failure(caller.call("test", "GET", `/channels/${index}`)) instanceof DiscordRefusal);
        const stopped = await failure(caller.call("test", "GET", "/channels/99"));
        assert.ok(stopped instanceof DiscordUnreachable);
        assert.equal(stopped.retryAfterMs, 30_000);
        now += 30_000;
      }
      assert.equal(said(log, "error").length, 1);
      assert.deepEqual(said(log, "info"), []);
    },
    { clock, invalidRequestLimit: 20, logger: log },
  );
});

for (const body of ["<html>Attention Required! | Cloudflare</html>", "", "{}"]) {
  Deno.test(`RestCaller takes a 403 that is not Discord's (${body || "empty"}) for one that passes`, async () => {
    await withServer(() => new Response(body, { status: 403 }), async (caller) => {
      const error = await failure(
        caller.call("send a message", "POST", "/channels/1/messages", { body: {} }),
      );
      assert.ok(error instanceof DiscordUnreachable);
      assert.equal(error.retryAfterMs, 60_000);
      assert.equal(
        error.message,
        "Cannot send a message: Discord answers 403, which is not Discord's own answer",
      );
    });
  });
}

Deno.test("RestCaller leaves a server alone that says 429 and names no bucket", async () => {
  const headers = { "retry-after": "60" };
  await withServer(() => Response.json({}, { status: 429, headers }), async (caller, requests) => {
    for (let index = 0; index < 5; index++) {
      const error = await failure(caller.call("test", "GET", `/channels/${index}`));
      assert.ok(error instanceof DiscordUnreachable);
      assert.equal(error.sent, false);
      assert.ok((error.retryAfterMs ?? 0) > 59_000);
    }
    assert.ok(requests.length <= 2, `${requests.length} requests`);
  });
});

Deno.test("RestCaller paces itself after the global limit", async () => {
  let limited = true;
  const headers = { "x-ratelimit-global": "true", "x-ratelimit-reset-after": "0.01", "retry-after": "0.01" };
  await withServer(
    () => limited ? Response.json({}, { status: 429, headers }) : Response.json({}),
    async (caller) => {
      await failure(caller.call("test", "GET", "/channels/0"));
      limited = false;
      const started = performance.now();
      await Promise.all(
        Array.from({ length: 10 }, (_, index) => caller.call("test", "GET", `/channels/1${index}`)),
      );
      assert.ok(performance.now() - started >= 200, `${performance.now() - started} ms`);
    },
  );
});
