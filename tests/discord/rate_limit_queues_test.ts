import assert from "node:assert/strict";
import { createRestManager, type RestManager } from "@discordeno/bot";
import { silentLogger } from "../../src/core/mod.ts";
import { RateLimitQueues } from "../../src/discord/rest/rate_limit_queues.ts";
import { quiet } from "../../src/discord/quiet_logger.ts";
import { Collector } from "../support/until.ts";

/** Tells when a queue goes, and whether somebody lists them all. */
class WatchedQueues extends RateLimitQueues {
  readonly gone = new Collector<{ readonly key: string; readonly at: number }>();
  listed = 0;

  override delete(key: string): boolean {
    const deleted = super.delete(key);
    this.gone.push({ key: key.slice(key.indexOf("/")), at: performance.now() });
    return deleted;
  }

  override values(): ReturnType<RateLimitQueues["values"]> {
    this.listed++;
    return super.values();
  }
}

/**
 * discordeno with such queues, and a server whose answers have these headers.
 *
 * @param held whether each answer waits until the test lets it go
 */
async function withQueues(
  headers: Record<string, string>,
  work: (rest: RestManager, queues: WatchedQueues, answers: Collector<() => void>) => Promise<void>,
  held = false,
): Promise<void> {
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const answers = new Collector<() => void>();
  const server = Deno.serve(options, async () => {
    if (held) await new Promise<void>((resolve) => answers.push(resolve));
    return Response.json({}, { headers });
  });
  const queues = new WatchedQueues();
  const rest = createRestManager({ token: "no-token", applicationId: "0", logger: quiet(silentLogger) });
  rest.baseUrl = `http://127.0.0.1:${server.addr.port}`;
  rest.queues = queues;
  // As the caller does: its own looks again every second.
  rest.processRateLimitedPaths = () => {};
  try {
    await work(rest, queues, answers);
  } finally {
    queues.stop();
    await server.shutdown();
  }
}

const limited = (remaining: number, resetAfterMs: number): Record<string, string> => ({
  "x-ratelimit-limit": "5",
  "x-ratelimit-remaining": String(remaining),
  "x-ratelimit-reset-after": String(resetAfterMs / 1_000),
});

Deno.test("RateLimitQueues lets the queue of a route go that has no limit, and lists no others for it", async () => {
  await withQueues({}, async (rest, queues) => {
    await Promise.all([1, 2, 3].map((id) => rest.makeRequest("GET", `/channels/${id}`)));
    const gone = await queues.gone.count("queues to go", 3);
    assert.deepEqual(gone.map(({ key }) => key).toSorted(), ["/channels/1", "/channels/2", "/channels/3"]);
    assert.deepEqual([queues.size, queues.listed], [0, 0]);
  });
});

for (const remaining of [3, 0]) {
  Deno.test(`RateLimitQueues keeps a queue until its limit is over, with ${remaining} left, counted from the last call`, async () => {
    await withQueues(limited(remaining, 300), async (rest, queues) => {
      await rest.makeRequest("GET", "/channels/1");
      await rest.makeRequest("GET", "/channels/1");
      const answered = performance.now();
      assert.equal(queues.size, 1);
      const [gone] = await queues.gone.count("queue to go", 1);
      // The answer is known a moment before the queue begins to count.
      assert.ok(gone !== undefined && gone.at - answered > 250, `${gone?.at} ${answered}`);
      assert.deepEqual([queues.size, queues.listed], [0, 0]);
    });
  });
}

Deno.test("RateLimitQueues keeps a queue with a call in it, and the new queue of a route whose old one ends late", async () => {
  await withQueues({}, async (rest, queues, answers) => {
    const call = rest.makeRequest("GET", "/channels/1");
    await answers.count("request", 1);
    const [[key, queue] = assert.fail("no queue")] = queues.entries();
    queue.cleanup();
    assert.equal(queues.get(key), queue);
    answers.items.forEach((answer) => answer());
    await call;
    await queues.gone.count("queue to go", 1);
    const late = rest.makeRequest("GET", "/channels/1");
    const next = queues.get(key);
    assert.notEqual(next, queue);
    queue.cleanup();
    assert.equal(queues.get(key), next);
    await answers.count("requests", 2);
    answers.items.forEach((answer) => answer());
    await late;
  }, true);
});
