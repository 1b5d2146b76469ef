import { programIn, ServerProcess } from "../e2e/server_process.ts";
import { Helper } from "../load/helper.ts";
import { writeHistory } from "../load/history.ts";
import { MeasuredServer } from "../load/measured_server.ts";
import type { Bench, Figure } from "./bench.ts";
import { median } from "./bench.ts";

const OLD_MESSAGES = 200_000;
const PER_CONVERSATION = 200;
const VISITORS = 20;
/** Each writes this often, in milliseconds: 200 messages a second in all. */
const EVERY_MS = 100;
const TURN_MS = 5_000;
const ROUNDS = 3;

/** How long acks take while `purge` removes old messages from the database of the running server, and while nothing does; in turns. */
export const serverRemoval: Bench = {
  name: "server-removal",
  async *run(): AsyncIterable<Figure> {
    await using parts = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir();
    parts.defer(() => Deno.remove(folder, { recursive: true }));
    const path = `${folder}/chatbox50.db`;
    await writeHistory(path, OLD_MESSAGES, PER_CONVERSATION);
    const server = parts.use(await MeasuredServer.start({ folder }));
    const crowd = parts.use(Helper.start("crowd.ts", server.url, VISITORS));
    await crowd.next();
    // Their conversations and threads are made.
    await ackP99(crowd);
    const quiet: number[] = [];
    const beside: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      quiet.push(await ackP99(crowd));
      const purge = ServerProcess.run(
        await programIn(folder, { DATABASE_PATH: path }, ["purge", "--older-than", "1d"]),
      );
      beside.push(await ackP99(crowd));
      // It removes for minutes, so it was at work all the while.
      const { code, text } = await purge.stop();
      if (code !== INTERRUPTED) throw new Error(`purge had ended with ${code}: ${text}`);
    }
    const figures = [
      ["nothing is removed", median(quiet)],
      ["purge removes old messages", median(beside)],
    ] as const;
    for (const [when, measured] of figures) {
      yield { figure: `ack while ${when}, p99 of ${VISITORS} visitors`, measured, unit: "ms" };
    }
  },
};

/** Ended by SIGTERM: 128 and the signal's number, as shells say it. */
const INTERRUPTED = 143;

async function ackP99(crowd: Helper): Promise<number> {
  await crowd.ask(`chat ${TURN_MS} ${EVERY_MS}`);
  const { ackP99, missing } = await crowd.next();
  if (missing !== 0) throw new Error(`${missing} acks did not come`);
  return Number(ackP99);
}
