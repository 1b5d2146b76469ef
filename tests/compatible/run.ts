import { ServerProcess } from "../e2e/server_process.ts";
import { poll } from "./poll.ts";
import { PublicApi } from "./public_api.ts";
import { ifKnown, Report, Skipped } from "./report.ts";
import type { Settings } from "./settings.ts";
import { BotStaff, PersonAsStaff, roleOf, type Staff } from "./staff.ts";
import { openFinder, type ThreadFinder } from "./thread_finder.ts";
import { Visitor } from "./visitor.ts";

/** How long the server may take to be ready. */
const READY_WITHIN_MS = 60_000;

/** Said by the server where it cannot make its commands known. */
const NO_COMMANDS = "The slash commands are not available";

/** One that was started, and is ready. */
interface Running {
  readonly server: ServerProcess;
  readonly url: string;
}

/** Everything that a run has to do with. */
interface Scene {
  readonly settings: Settings;
  readonly report: Report;
  readonly folder: string;
  /** With the token of the bot that is checked. */
  readonly api: PublicApi;
  readonly thread: string;
  readonly staff: Staff;
  /** Tells this run's words from those of earlier ones. */
  readonly mark: string;
}

/**
 * Takes a visitor and staff through the main path, with the real server as a process, and Discord, or what is like it, asked by nothing
 * but its public API.
 *
 * @param folder an empty one, for the server's database
 * @param print gets a line of the report
 * @returns whether all was as it has to be
 */
export async function runMainPath(
  given: Settings,
  folder: string,
  print: (line: string) => void,
): Promise<boolean> {
  const report = new Report(print);
  await using ending = new AsyncDisposableStack();
  let running: Running | undefined;
  ending.defer(async () => await running?.server[Symbol.asyncDispose]());
  try {
    const settings = { ...given, staffRole: given.staffRole ?? await roleOfSecondBot(given) };
    running = await start(settings, folder);
    const channel = await channelOf(running.server);
    print(`the server is ready, threads are made in #${channel.name} (${channel.id})`);
    const api = new PublicApi(settings.apiUrl, settings.token);
    const finder = ending.use(await openFinder(api, channel.id, settings.staffToken ?? settings.token));
    const visitor = ending.use(await Visitor.come(running.url));
    const mark = visitor.uid.slice(0, 8);
    const hello = `Hello from visitor ${mark}`;
    const seq = await visitor.say(hello);
    let thread = "";
    await report.check("a thread is made for the visitor", async () => {
      thread = await findThread(finder, visitor, settings);
      return `${thread}, named ${visitor.uid}, found by ${finder.by}`;
    });
    if (thread === "") return false;
    const staff = settings.staffToken === undefined
      ? new PersonAsStaff(print)
      : new BotStaff(new PublicApi(settings.apiUrl, settings.staffToken), thread);
    print(`staff: ${staff.who}`);
    const scene: Scene = { settings, report, folder, api, thread, staff, mark };
    await report.check("the visitor's message stands in it", async () => await untilThere(scene, hello));
    await staffTalk(scene, visitor);
    await visitorChanges(scene, visitor, seq, hello);
    running = await restart(scene, running, visitor);
    await using again = await Visitor.come(running.url, visitor.session);
    await closing(scene, running.server, again);
    print(`the thread stays for you to look at, or to delete: ${thread}`);
    return report.isGood;
  } catch (error) {
    print(`FAILED  ${error instanceof Error ? error.message : error}`);
    return false;
  } finally {
    if (!report.isGood) { for (const line of complaints(running?.server)) print(`server: ${line}`); }
    print(report.sum);
  }
}

async function roleOfSecondBot({ apiUrl, staffToken, channelId }: Settings): Promise<string | undefined> {
  if (staffToken === undefined || channelId === undefined) return undefined;
  return await roleOf(new PublicApi(apiUrl, staffToken), channelId);
}

async function start({ apiUrl, token, channelId, staffRole }: Settings, folder: string): Promise<Running> {
  const server = await ServerProcess.start(folder, {
    HOST: "127.0.0.1",
    PORT: "0",
    DISCORD_API_URL: apiUrl,
    DISCORD_TOKEN: token,
    ...(channelId !== undefined && { DISCORD_CHANNEL_ID: channelId }),
    ...(staffRole !== undefined && { STAFF_ROLE: staffRole }),
  });
  try {
    const url = await server.url();
    let reason = "";
    await poll("the server to be ready", READY_WITHIN_MS, async () => {
      const response = await fetch(`${url}/readyz`);
      reason = await response.text();
      return response.ok || undefined;
    }).catch((error) => {
      throw new Error(`${error.message}; it says: ${reason}`);
    });
    return { server, url };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function channelOf({ logs }: ServerProcess): Promise<{ readonly id: string; readonly name: string }> {
  const isIt = ({ message }: { readonly message: string }): boolean =>
    message === "Conversations go to a channel";
  const line = (await logs.until("the channel to be found", (lines) => lines.some(isIt))).findLast(isIt);
  return { id: String(line?.id), name: String(line?.channel) };
}

async function findThread(
  finder: ThreadFinder,
  { uid }: Visitor,
  { patienceMs }: Settings,
): Promise<string> {
  return await poll("the thread", patienceMs, () => finder.find(uid));
}

async function untilThere({ api, thread, settings }: Scene, text: string): Promise<string> {
  return await poll(`"${text}" in the thread`, settings.patienceMs, async () => {
    const found = (await api.messages(thread)).find(({ content }) => content.includes(text));
    return found === undefined ? undefined : `"${found.content}"`;
  });
}

async function staffTalk({ report, staff, settings, mark }: Scene, visitor: Visitor): Promise<void> {
  const { patienceMs } = settings;
  const answer = `Answer for ${mark}`;
  const changed = `Changed answer for ${mark}`;
  let seq = 0;
  await report.check("staff's answer reaches the visitor", async () => {
    await staff.say(answer);
    const seen = await visitor.until(`"${answer}"`, patienceMs, ({ content }) => content === answer);
    seq = seen.seq;
    return `"${seen.content}" from ${seen.author?.name ?? "somebody without a name"}`;
  });
  const demandAnswer = (): void => {
    if (seq === 0) throw new Skipped("there was no answer");
  };
  await report.check("staff's edit reaches the visitor", async () => {
    demandAnswer();
    await ifKnown(staff.edit(changed));
    const seen = await visitor.until(
      `"${changed}"`,
      patienceMs,
      (message) => message.seq === seq && message.content === changed && message.editedAt !== undefined,
    );
    return `"${seen.content}", in the same place`;
  });
  await report.check("staff's deletion reaches the visitor", async () => {
    demandAnswer();
    await ifKnown(staff.remove());
    await visitor.until(
      "the deletion",
      patienceMs,
      (message) => message.seq === seq && message.deleted === true,
    );
    return "it is gone";
  });
}

async function visitorChanges(scene: Scene, visitor: Visitor, seq: number, hello: string): Promise<void> {
  const { report, api, thread, settings, mark } = scene;
  const changed = `Changed hello from ${mark}`;
  let first = "";
  await report.check("the visitor's edit reaches staff", async () => {
    first = (await api.messages(thread)).find(({ content }) => content.includes(hello))?.id ?? "";
    visitor.edit(seq, changed);
    await untilThere(scene, changed);
    const now = (await api.messages(thread)).find(({ id }) => id === first);
    return now?.content.includes(changed)
      ? "in the same place"
      : "said below, since the server lets nobody edit";
  });
  await report.check("the visitor's deletion reaches staff", async () => {
    visitor.delete(seq);
    return await poll("the deletion", settings.patienceMs, async () => {
      const messages = await api.messages(thread);
      if (!messages.some(({ id }) => id === first)) return "it is gone";
      const isSaid = messages.some(({ content }) => content.includes("has deleted this message"));
      return isSaid ? "said below, since the server lets nobody delete" : undefined;
    });
  });
}

/** @returns the server, which was down for a while */
async function restart(scene: Scene, { server }: Running, visitor: Visitor): Promise<Running> {
  const { report, staff, settings, folder, mark } = scene;
  const missed = `Written for ${mark} while the server was down`;
  const { code } = await server.stop();
  if (code !== 0) throw new Error(`the server ended with ${code}`);
  let isWritten = false;
  await report.check("staff write while the server is down", async () => {
    await staff.say(missed);
    isWritten = true;
    return await untilThere(scene, missed);
  });
  const running = await start(settings, folder);
  await report.check("what was written meanwhile reaches the visitor", async () => {
    if (!isWritten) throw new Skipped("nothing was written");
    await using again = await Visitor.come(running.url, visitor.session);
    await again.until(`"${missed}"`, settings.patienceMs, ({ content }) => content === missed);
    return `"${missed}"`;
  });
  return running;
}

async function closing(scene: Scene, { logs }: ServerProcess, visitor: Visitor): Promise<void> {
  const { report, staff, settings, api, thread, mark } = scene;
  let isShut = false;
  if (staff.closesBy === "/close") {
    await report.check("/close tells the visitor", async () => {
      if (logs.items.some(({ message }) => message === NO_COMMANDS)) {
        throw new Skipped("the server knows no slash commands");
      }
      await staff.close();
      const seen = await visitor.until(
        "the closing",
        settings.patienceMs,
        ({ from, content }) => from === "system" && content.startsWith("This conversation was closed"),
      );
      isShut = true;
      return `"${seen.content}"`;
    });
  } else {
    await report.check("/close", () => {
      throw new Skipped(
        "only people can use slash commands; leave DISCORD_STAFF_TOKEN out to do it yourself",
      );
    });
    await report.check("staff archive the thread", async () => {
      await ifKnown(staff.close());
      isShut = true;
      return "done";
    });
  }
  await report.check("the thread shows that it is shut", async () => {
    if (!isShut) throw new Skipped("it was not shut");
    return await poll("the thread to be archived", settings.patienceMs, async () => {
      const { thread_metadata: metadata } = await ifKnown(api.object("GET", `/channels/${thread}`));
      const isArchived = typeof metadata === "object" && metadata !== null &&
        Reflect.get(metadata, "archived") === true;
      return isArchived ? "it is archived" : undefined;
    });
  });
  await report.check("the visitor's next message stands in the thread", async () => {
    const last = `Goodbye from ${mark}`;
    await visitor.say(last);
    return await untilThere(scene, last);
  });
}

/** What the server has complained about. */
function complaints(server: ServerProcess | undefined): readonly string[] {
  const lines = server?.logs.items ?? [];
  return lines.filter(({ level }) => level === "warn" || level === "error").slice(-20)
    .map((line) => JSON.stringify(line));
}
