import { deepEqual, equal, match } from "node:assert/strict";
import { MemoryStore, type Uuid } from "../src/core/mod.ts";
import { Metrics } from "../src/metrics.ts";
import { FakeClock } from "./support/fake_clock.ts";

const folder = new URL("../docs/monitoring/", import.meta.url);

/** A program with all its parts, to which everything has happened that is counted. */
async function shownText(): Promise<string> {
  const metrics = new Metrics("1.2.3");
  const end = metrics.watchProcess();
  metrics.watch({
    sockets: () => 0,
    queuedWrites: () => 0,
    pendingMessages: () => 0,
    pendingConversations: () => 0,
    ready: () => true,
    certificateUntil: () => 0,
  });
  const { web, discord, commits } = metrics;
  web.socketOpened();
  web.socketClosed(1013);
  web.socketTurnedAway();
  web.welcomed(1);
  web.left();
  web.acked(1);
  web.refused("bad_frame");
  web.delivered(1);
  for (const status of STATUSES) discord.requested("POST", "/channels/:id/messages", status, 1);
  for (const reason of ["route", "global"] as const) discord.waited(reason, 1);
  discord.gateway(true);
  commits.committed(1, 1);
  const clock = new FakeClock();
  const store = metrics.store(new MemoryStore(), () => clock.now());
  const uid = crypto.randomUUID() as Uuid;
  await store.createConnection({ uid, ids: { 1: uid, 2: null }, at: 0 });
  for (const side of [1, 2] as const) {
    const target = side === 1 ? 2 : 1;
    const draft = { content: "x", cid: `c${side}` };
    const { message: { seq } } = await store.append(uid, { side, draft, at: 0, targets: [target] });
    await store.deliverable(uid, target, 10, false);
    await store.confirm(uid, target, { seq });
  }
  const text = await metrics.read();
  end();
  return text;
}

/** Answers of Discord, as the metrics name them. */
const STATUSES = [0, 200, 201, 204, 400, 401, 403, 404, 429, 500, 502, 503, 504];

/** The values of a metric's labels. */
type Labels = Map<string, Set<string>>;

/** Every name that is shown, a histogram's with its suffixes, and its labels with the values that they may have. */
async function shownSeries(): Promise<ReadonlyMap<string, Labels>> {
  const text = await shownText();
  const series = new Map<string, Labels>();
  for (const [, name = "", type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    for (const suffix of type === "histogram" ? ["_bucket", "_sum", "_count"] : [""]) {
      series.set(name + suffix, new Map());
    }
  }
  for (const [, name = "", labels = ""] of text.matchAll(/^([a-z]\w*)\{(.*)\} \S+$/gm)) {
    const known = series.get(name);
    for (const [, label = "", value = ""] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      known?.set(label, (known.get(label) ?? new Set()).add(value));
    }
  }
  return series;
}

async function shownNames(): Promise<ReadonlySet<string>> {
  return new Set((await shownSeries()).keys());
}

/** The names of our metrics in a text of queries. */
function namesIn(queries: string): readonly string[] {
  return [...new Set(queries.match(/\b(?:chatbox50|process)_[a-z0-9_]+/g))];
}

/** Labels that Prometheus adds by itself. */
const ADDED = ["instance", "job"];

/** What a query asks for that no series can have: labels that do not exist, values that never come. */
function impossibleIn(query: string, series: ReadonlyMap<string, Labels>): readonly string[] {
  const labelsOf = (name: string): Labels => series.get(name) ?? new Map();
  const wrong: string[] = [];
  for (const [, name = "", matchers = ""] of query.matchAll(/\b(\w+)\{([^}]*)\}/g)) {
    for (const [whole, label = "", sign, value = ""] of matchers.matchAll(/(\w+)(=~|!=|!~|=)"([^"]*)"/g)) {
      if (ADDED.includes(label)) continue;
      const values = labelsOf(name).get(label);
      // Each way to match must be able to happen.
      const ways = sign === "=~" || sign === "!~" ? value.split("|") : [value];
      const possible = (way: string): boolean =>
        [...values ?? []].some((each) => new RegExp(`^(?:${way})$`).test(each));
      if (!ways.every(possible)) wrong.push(`${name}{${whole}}`);
    }
  }
  const known = new Set([...ADDED, ...namesIn(query).flatMap((name) => [...labelsOf(name).keys()])]);
  for (const [, labels = ""] of query.matchAll(/\bby \(([^)]*)\)/g)) {
    for (const label of labels.split(",").map((each) => each.trim())) {
      if (!known.has(label)) wrong.push(`by (${label})`);
    }
  }
  return wrong;
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

Deno.test("the dashboard and the alert rules ask for labels and values that can come", async () => {
  const series = await shownSeries();
  const dashboard = JSON.parse(await Deno.readTextFile(new URL("dashboard.json", folder)));
  const panels: readonly { targets?: readonly { expr: string }[] }[] = dashboard.panels;
  const rules = await Deno.readTextFile(new URL("alerts.yml", folder));
  const queries = [
    ...panels.flatMap(({ targets }) => targets ?? []).map(({ expr }) => expr),
    ...[...rules.matchAll(/^ +expr: (.*)$/gm)].map(([, expression = ""]) => expression),
  ];
  equal(queries.length > 30, true);
  deepEqual(queries.flatMap((query) => impossibleIn(query, series)), []);
  for (
    const query of [
      'chatbox50_messages_pending{direction="to_nobody"} > 1',
      'chatbox50_messages_pending{direction="to_visitor"} > 1',
      'increase(chatbox50_discord_requests_total{code=~"401|403"}[10m])',
      'increase(chatbox50_discord_requests_total{status=~"401|4O3"}[10m])',
      "sum by (reason) (rate(chatbox50_discord_requests_total[5m]))",
    ]
  ) equal(impossibleIn(query, series).length, 1, query);
});

Deno.test("Metrics counts who is welcomed until they leave, and how long Discord's limits made it wait", async () => {
  const metrics = new Metrics("1.2.3");
  metrics.web.welcomed(5);
  metrics.web.welcomed(5);
  metrics.web.left();
  equal(await valueOf(metrics, "chatbox50_sessions"), "1");
  metrics.discord.waited("route", 2_000);
  metrics.discord.waited("route", 500);
  equal(await valueOf(metrics, 'chatbox50_discord_rate_limit_wait_seconds_sum{reason="route"}'), "2.5");
  equal(await valueOf(metrics, 'chatbox50_discord_rate_limit_wait_seconds_count{reason="route"}'), "2");
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

Deno.test("Metrics.watch shows each number as it is when somebody asks, under its own name", async () => {
  const metrics = new Metrics("1.2.3");
  let ready = false;
  metrics.watch({
    sockets: () => 3,
    queuedWrites: () => 4,
    pendingMessages: (to) => to === 2 ? 5 : NaN,
    pendingConversations: (to) => to === 2 ? 6 : NaN,
    ready: () => ready,
    certificateUntil: () => 1_800_000_000_500,
  });
  equal(await valueOf(metrics, "chatbox50_certificate_expiry_seconds"), "1800000000.5");
  equal(await valueOf(metrics, "chatbox50_sockets"), "3");
  equal(await valueOf(metrics, "chatbox50_commit_queue"), "4");
  equal(await valueOf(metrics, 'chatbox50_messages_pending{direction="to_staff"}'), "5");
  equal(await valueOf(metrics, 'chatbox50_conversations_pending{direction="to_staff"}'), "6");
  equal(await valueOf(metrics, "chatbox50_ready"), "0");
  ready = true;
  equal(await valueOf(metrics, "chatbox50_ready"), "1");
});

Deno.test("Metrics.watchProcess shows by how much a blocked loop calls its timers late", async () => {
  const metrics = new Metrics("1.2.3");
  const clock = new FakeClock();
  let blockedMs = 0;
  const end = metrics.watchProcess({ clock, stopwatch: () => clock.now() + blockedMs });
  const delay = async (): Promise<readonly (string | undefined)[]> => [
    await valueOf(metrics, "chatbox50_event_loop_delay_seconds_count"),
    await valueOf(metrics, "chatbox50_event_loop_delay_seconds_sum"),
  ];
  clock.advance(50);
  deepEqual(await delay(), ["1", "0"]);
  blockedMs += 3_000;
  clock.advance(50);
  deepEqual(await delay(), ["2", "3"]);
  // The timer after a late one is not late by itself.
  clock.advance(50);
  deepEqual(await delay(), ["3", "3"]);
  end();
  equal(clock.waiting, 0);
});
