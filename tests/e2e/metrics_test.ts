import { equal, match } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { SocketClient } from "../support/socket_client.ts";
import { within } from "../support/until.ts";
import { RELAXED, World } from "./world.ts";

/** Asks for the metrics until they are as they should be. */
async function untilMetrics(url: string, what: string, ...patterns: readonly RegExp[]): Promise<void> {
  const look = async (): Promise<void> => {
    for (;;) {
      const text = await (await fetch(`${url}/metrics`)).text();
      if (patterns.every((pattern) => pattern.test(text))) return;
    }
  };
  await within(what, look());
}

Deno.test(
  "[S5] End to end: /metrics shows a conversation in numbers, and no ids or secrets",
  RELAXED,
  async () => {
    await using world = await World.start();
    const { discord, forum } = world;
    const server = await world.server({ METRICS_TOKEN: "let-me-read-the-numbers" });
    const url = await server.url();
    await using visitor = await SocketClient.hello(url);
    const { uid, session } = await visitor.next();
    visitor.send({ type: "send", cid: "a", content: "hello" });
    await visitor.nextOf("delivered");
    discord.staff("ada").say(String(discord.threads(forum)[0]?.id), "Good morning");
    await visitor.nextOf("messages");
    visitor.send({ type: "nonsense" });
    await visitor.nextOf("error");

    const response = await fetch(`${url}/metrics`);
    match(response.headers.get("Content-Type") ?? "", /^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    const value = (series: string): number => {
      const line = text.split("\n").find((each) => each.startsWith(`${series} `));
      return line === undefined ? NaN : Number(line.slice(series.length));
    };
    equal(value('chatbox50_messages_accepted_total{direction="to_staff"}'), 1);
    equal(value('chatbox50_messages_accepted_total{direction="to_visitor"}'), 1);
    equal(value('chatbox50_messages_delivered_total{direction="to_staff"}'), 1);
    equal(value('chatbox50_messages_delivered_total{direction="to_visitor"}'), 1);
    equal(value("chatbox50_ack_duration_seconds_count"), 1);
    equal(value("chatbox50_welcome_duration_seconds_count"), 1);
    equal(value("chatbox50_sockets"), 1);
    equal(value("chatbox50_sessions"), 1);
    equal(value('chatbox50_frames_refused_total{code="bad_frame"}'), 1);
    equal(value("chatbox50_ready"), 1);
    equal(value("chatbox50_discord_gateway_connected"), 1);
    equal(
      value('chatbox50_discord_requests_total{method="POST",route="/channels/:id/threads",status="201"}'),
      1,
    );
    equal(value('chatbox50_messages_pending{direction="to_staff"}'), 0);
    equal(value("chatbox50_commit_batch_size_count") > 2, true);
    equal(value("process_resident_memory_bytes") > 1e7, true);
    for (
      const secret of [
        String(uid),
        String(session).split(".")[1] ?? "",
        discord.token,
        "let-me-read-the-numbers",
      ]
    ) {
      equal(text.includes(secret), false);
    }

    // A proxy on this machine speaks for somebody else.
    const asked = async (headers: Record<string, string>): Promise<number> => {
      const answer = await fetch(`${url}/metrics`, { headers });
      await answer.body?.cancel();
      return answer.status;
    };
    equal(await asked({ "X-Forwarded-For": "203.0.113.7" }), 401);
    equal(
      await asked({ "X-Forwarded-For": "203.0.113.7", Authorization: "Bearer let-me-read-the-number" }),
      401,
    );
    equal(
      await asked({ "X-Forwarded-For": "203.0.113.7", Authorization: "Bearer let-me-read-the-numbers" }),
      200,
    );
  },
);

Deno.test(
  "End to end: /metrics counts sessions down when visitors leave, and waits for Discord",
  RELAXED,
  async () => {
    await using world = await World.start({ rateLimits: true });
    const server = await world.server();
    const url = await server.url();
    {
      await using visitor = await SocketClient.hello(url);
      await visitor.next();
      await untilMetrics(url, "the session", /^chatbox50_sessions 1$/m);
      // More than a thread takes at once, and too long to be packed together.
      for (let index = 0; index < 8; index++) {
        visitor.send({ type: "send", cid: `c${index}`, content: `${index} ${"x ".repeat(990)}` });
      }
      await untilMetrics(
        url,
        "a wait",
        /^chatbox50_discord_rate_limit_wait_seconds_count\{reason="route"\} [1-9]/m,
      );
    }
    await untilMetrics(url, "the end of the session", /^chatbox50_sessions 0$/m);
  },
);

Deno.test(
  "End to end: /metrics tells while Discord is away that it is, and how many messages of how many conversations wait",
  RELAXED,
  async () => {
    await using world = await World.start();
    const url = await (await world.server()).url();
    await using visitor = await SocketClient.hello(url);
    await visitor.next();
    await untilMetrics(url, "the server to be ready", /^chatbox50_ready 1$/m);
    world.discord.setOutage(true);
    for (const cid of ["a", "b", "c"]) {
      visitor.send({ type: "send", cid, content: cid });
      await visitor.nextOf("acks");
    }
    await untilMetrics(
      url,
      "what waits",
      /^chatbox50_ready 0$/m,
      /^chatbox50_discord_gateway_connected 0$/m,
      /^chatbox50_messages_pending\{direction="to_staff"\} 3$/m,
      /^chatbox50_conversations_pending\{direction="to_staff"\} 1$/m,
    );
    world.discord.setOutage(false);
    await untilMetrics(
      url,
      "the end of the outage",
      /^chatbox50_ready 1$/m,
      /^chatbox50_messages_pending\{direction="to_staff"\} 0$/m,
      /^chatbox50_conversations_pending\{direction="to_staff"\} 0$/m,
    );
  },
);

Deno.test(
  "End to end: /metrics counts the writes that wait for the disk, and the visitors for whom there was no room",
  RELAXED,
  async () => {
    await using world = await World.start();
    const url = await (await world.server({ MAX_CONNECTIONS: "1" })).url();
    await using visitor = await SocketClient.hello(url);
    await visitor.next();
    await untilMetrics(url, "nobody to be turned away", /^chatbox50_sockets_turned_away_total 0$/m);
    await using second = await SocketClient.connect(url);
    equal((await second.ended()).code, 4429);
    await untilMetrics(url, "who was turned away", /^chatbox50_sockets_turned_away_total 1$/m);

    const other = new DatabaseSync(`${world.folder}/chatbox50.db`);
    other.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
    visitor.send({ type: "send", cid: "a", content: "hello" });
    await untilMetrics(url, "a write that waits", /^chatbox50_commit_queue [1-9]/m);
    other.exec("ROLLBACK");
    other.close();
    await visitor.nextOf("acks");
    await untilMetrics(url, "no write to wait", /^chatbox50_commit_queue 0$/m);
  },
);
