import { deepEqual, equal, match } from "node:assert/strict";
import { MemoryStore, type Uuid } from "../src/core/mod.ts";
import { Metrics } from "../src/metrics.ts";
import { FakeClock } from "./support/fake_clock.ts";

const folder = new URL("../docs/monitoring/", import.meta.url);

/** Every name that a program with all its parts shows, and with the suffixes that a histogram has. */
async function shownNames(): Promise<ReadonlySet<string>> {
  const metrics = new Metrics("1.2.3");
  const end = metrics.watchProcess();
  metrics.watch({
    sockets: () => 0,
    queuedWrites: () => 0,
    pendingMessages: () => 0,
    pendingConversations: () => 0,
    ready: () => true,
  });
  const text = await metrics.read();
  end();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Set(
    types.flatMap(([, name = "", type]) =>
      type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
    ),
  );
}

/** The names of our metrics in a text of queries. */
function namesIn(queries: string): readonly string[] {
  return [...new Set(queries.match(/\b(?:chatbox50|process)_[a-z0-9_]+/g))];
}

/** What a metric shows, by name and labels. */
async function valueOf(metrics: Metrics, series: string): Promise<string | undefined> {
  const line = (await metrics.read()).split("\n").find((each) => each.startsWith(`${series} `));
  return line?.slice(series.length + 1);
}

Deno.test("the dashboard names only metrics that exist, and shows every one", async () => {
  const dashboard = JSON.parse(await Deno.readTextFile(new URL("dashboard.json", folder)));
  const queries = JSON.stringify(dashboard.panels.map(({ targets }: { targets: unknown }) => targets));
  const shown = await shownNames();
  const named = namesIn(queries);
  deepEqual(named.filter((name) => !shown.has(name)), []);
  const base = (name: string): string => name.replace(/_(bucket|sum|count)$/, "");
  const bases = new Set(named.map(base));
  deepEqual([...shown].filter((name) => !bases.has(base(name))), []);
});

Deno.test("the alert rules name only metrics that exist", async () => {
  const rules = await Deno.readTextFile(new URL("alerts.yml", folder));
  const expressions = [...rules.matchAll(/^ +expr: (.*)$/gm)].map(([, expression = ""]) => expression);
  equal(expressions.length, rules.match(/- alert: /g)?.length);
  const shown = await shownNames();
  // The words for people may speak of a metric as a whole.
  const named = namesIn(expressions.join("\n"));
  equal(named.length > 5, true);
  deepEqual(named.filter((name) => !shown.has(name)), []);
});

Deno.test("Metrics keeps Prometheus' conventions for names", async () => {
  const metrics = new Metrics("1.2.3");
  const text = await metrics.read();
  for (const [, name = "", type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    match(name, /^chatbox50_[a-z0-9]+(_[a-z0-9]+)*$/);
    equal(name.endsWith("_total"), type === "counter", name);
    if (type === "histogram") match(name, /_(seconds|size)$/);
  }
  match(text, /^chatbox50_build_info\{version="1\.2\.3",deno="[\d.]+"\} 1$/m);
});

Deno.test("Metrics.store counts accepted, delivered and failed messages, each once", async () => {
  const metrics = new Metrics("1.2.3");
  const clock = new FakeClock();
  const store = metrics.store(new MemoryStore(), () => clock.now());
  const uid = crypto.randomUUID() as Uuid;
  await store.createConnection({ uid, ids: { 1: uid, 2: null }, at: clock.now() });
  const append = (cid: string): Promise<unknown> =>
    store.append(uid, { side: 1, draft: { content: "x", cid }, at: clock.now(), targets: [2] });
  for (const cid of ["a", "b", "c", "c"]) await append(cid);
  await store.deliverable(uid, 2, 10, false);
  clock.advance(2_000);
  await store.confirm(uid, 2, { seq: 1 });
  const fail = { seq: 2, at: 0, targets: [], change: { type: "fail", words: "no" } } as const;
  await store.change(uid, fail);
  await store.change(uid, fail);
  await store.confirm(uid, 2, { seq: 3, rev: 4 });
  await store.confirm(uid, 2, { seq: 3, rev: 4 });
  const staff = '{direction="to_staff"}';
  equal(await valueOf(metrics, `chatbox50_messages_accepted_total${staff}`), "3");
  equal(await valueOf(metrics, `chatbox50_messages_delivered_total${staff}`), "2");
  equal(await valueOf(metrics, `chatbox50_messages_failed_total${staff}`), "1");
  equal(await valueOf(metrics, `chatbox50_message_delivery_duration_seconds_sum${staff}`), "4");
  equal(await valueOf(metrics, 'chatbox50_messages_delivered_total{direction="to_visitor"}'), "0");
});

Deno.test("Metrics.discord counts a lost gateway once, and none before it was there", async () => {
  const metrics = new Metrics("1.2.3");
  for (const connected of [false, true, false, false, true]) metrics.discord.gateway(connected);
  equal(await valueOf(metrics, "chatbox50_discord_gateway_disconnects_total"), "1");
  equal(await valueOf(metrics, "chatbox50_discord_gateway_connected"), "1");
});
