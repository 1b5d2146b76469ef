import { findUnstored, findWaiting } from "./stored.ts";
import { Conversation } from "./conversation.ts";
import { Misfortunes } from "./misfortunes.ts";
import type { ChaosOptions } from "./options.ts";
import { isSame } from "./compare_thread.ts";
import { Changes, untilQuiet } from "./quiet.ts";
import { SeededRandom } from "./random.ts";
import { describe } from "./report.ts";
import { Tally } from "./tally.ts";
import { Traffic } from "./traffic.ts";
import { UnsteadyDiscord } from "./unsteady_discord.ts";
import { UnsteadyServer } from "./unsteady_server.ts";
import { Visitor } from "./visitor.ts";

/**
 * How often every kind of misfortune comes at least, and the limits of the pause between two: a short run gets through them all,
 * a long one gives people time to talk in between.
 */
const ROUNDS = 2;
const PAUSE_MS = [900, 5_000] as const;

/** How a run went. */
export interface Outcome {
  /** What is wrong; nothing when all is well. */
  readonly faults: readonly string[];
  /** Figures, a line each. */
  readonly figures: readonly string[];
}

/** Has people talk through a bad time, waits until it is over, and looks whether both sides hold the same. */
export async function runChaos(options: ChaosOptions): Promise<Outcome> {
  const random = new SeededRandom(options.seed);
  const deeds = new Tally();
  const misfortune = new Tally();
  const requestFaults = new Tally();
  const changes = new Changes();
  // By the seed's parity, so that two seeds that follow each other have both.
  const persona = options.persona ?? (options.seed % 2 === 0 ? "webhook" : "bot");
  const folder = await Deno.makeTempDir();
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => Deno.remove(folder, { recursive: true }));
  const discord = cleanUp.use(await UnsteadyDiscord.start(random.fork(), requestFaults));
  discord.onChange(changes.tell);
  const server = cleanUp.use(
    new UnsteadyServer(folder, {
      HOST: "127.0.0.1",
      PORT: "0",
      DISCORD_TOKEN: discord.now.token,
      DISCORD_API_URL: discord.now.url,
      DISCORD_PERSONA: persona,
    }),
  );
  await server.start();
  const conversations = Array.from({ length: options.conversations }, (_, index) => {
    const visitor = new Visitor({ url: () => server.url, onChange: changes.tell });
    cleanUp.defer(() => visitor.leave());
    return new Conversation(index, visitor, discord, random.fork());
  });
  watchSessions(discord, conversations);

  const ending = AbortSignal.timeout(options.minutes * 60_000);
  const pause = (ms: number): Promise<void> => untilOver(ms, ending);
  const mention = discord.now.staff("Alice").id;
  const traffic = new Traffic(conversations, random.fork(), deeds, [
    `<@${mention}>`,
    `<@&${discord.now.guildId}>`,
  ]);
  const misfortunes = new Misfortunes({
    discord,
    server,
    conversations,
    random: random.fork(),
    tally: misfortune,
    pause,
  });
  const gaps = random.fork();
  const pauseMs = Math.min(
    Math.max(options.minutes * 60_000 / (ROUNDS * misfortunes.kinds), PAUSE_MS[0]),
    PAUSE_MS[1],
  );
  const started = performance.now();
  await Promise.all([
    repeat(ending, () => pause(traffic.nextPauseMs()).then(() => traffic.next())),
    repeat(ending, () => pause(gaps.between(0.2 * pauseMs, 1.8 * pauseMs)).then(() => misfortunes.next())),
  ]);
  await traffic.settled();
  discord.requestFaults.stop();
  const stopped = performance.now();

  const database = `${folder}/chatbox50.db`;
  const differing = await untilQuiet({
    conversations,
    changes,
    isWaiting: () => findWaiting(database).length > 0,
    patienceMs: options.patience * 1_000,
  });
  const quiet = performance.now();
  const differences = differing.map((conversation) => describe(conversation, discord, server));
  const wrongFiles = differing.length > 0 ? [] : await findWrongFiles(conversations);
  const code = await server.end("SIGTERM");
  if (options.keep !== undefined) {
    await Deno.writeTextFile(`${options.keep}/transcript.txt`, discord.transcript.join("\n"));
    await Deno.writeTextFile(`${options.keep}/server.log`, server.log.join("\n"));
    await Deno.copyFile(database, `${options.keep}/chatbox50.db`);
  }
  const faults = [
    ...differences,
    ...findWaiting(database),
    ...wrongFiles,
    ...differing.length > 0 ? [] : findUnstored(database, conversations),
    ...code === 0 ? [] : [`the server ended with ${code}`],
    // Of a message that stands: a thread that is gone, or a permission that was taken, would excuse its absence.
    ...server.log.filter((line) => line.includes("A visitor's file is gone")),
    ...discord.pings.map((ping) => `somebody was pinged: ${JSON.stringify(ping)}`),
  ];
  const seconds = (from: number, to: number): string => `${((to - from) / 1_000).toFixed(1)} s`;
  return {
    faults,
    figures: [
      `${conversations.length} conversations, ${seconds(started, stopped)} of traffic, quiet after ${
        seconds(stopped, quiet)
      }`,
      `visitors are shown ${persona === "bot" ? "by the bot" : "by a webhook under their names"}`,
      messageFigures(conversations),
      `deeds: ${deeds}`,
      `misfortunes: ${misfortune.total} (${misfortune})`,
      `requests gone wrong: ${requestFaults.total} (${requestFaults})`,
      `gateway sessions: ${discord.identifies}; answers of 401, 403 or 429: ${discord.invalidRequests}`,
      `the server complained: ${server.complaints}`,
    ],
  };
}

function messageFigures(conversations: readonly Conversation[]): string {
  const count = (of: (conversation: Conversation) => number): number =>
    conversations.reduce((sum, conversation) => sum + of(conversation), 0);
  const changed = count(({ staff }) =>
    staff.filter(({ texts, deleted }) => texts.length > 1 || deleted).length
  );
  const failed = count(({ visitor }) => visitor.own.filter((message) => message.failed !== undefined).length);
  const buried = count(({ said }) => said.filter((message) => message.buried).length);
  const lost = count(({ staff }) => staff.filter((message) => message.lost).length);
  const untold = count(({ staff }) => staff.filter((message) => message.untold).length);
  return `messages: ${count(({ said }) => said.length)} of visitors in ${
    count(({ posted, staff }) => posted.length - staff.filter(({ deleted }) => !deleted).length)
  } of Discord's, ${
    count(({ staff }) => staff.length)
  } of staff; ${changed} of staff's changed, ${untold} of them while nobody listened; ${failed} of visitors' failed for want of a permission, ${buried} stood in threads that were deleted, with ${lost} of staff's that nobody had read`;
}

/** Visitors can download what staff have attached, byte for byte. */
async function findWrongFiles(conversations: readonly Conversation[]): Promise<string[]> {
  const found: string[] = [];
  for (const { staff, visitor, index } of conversations) {
    for (const { file } of staff) {
      const shown = visitor.heard.flatMap(({ files = [] }) => files).find(({ name }) => name === file?.name);
      if (file === undefined || shown === undefined) continue;
      const bytes = await visitor.download(shown.id);
      if (bytes === undefined || !isSame(bytes, file.bytes)) {
        found.push(`conversation ${index}: the visitor cannot get ${file.name} as it was sent`);
      }
    }
  }
  return found;
}

/** Notes when the bot begins a new session. */
function watchSessions(discord: UnsteadyDiscord, conversations: readonly Conversation[]): void {
  let known = discord.identifies;
  discord.onChange(() => {
    if (discord.identifies === known) return;
    known = discord.identifies;
    for (const conversation of conversations) conversation.sessionBegins();
  });
}

async function repeat(ending: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!ending.aborted) await work();
}

/** Waits, but not beyond the end. */
function untilOver(ms: number, ending: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      ending.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (ending.aborted) done();
    else ending.addEventListener("abort", done);
  });
}
