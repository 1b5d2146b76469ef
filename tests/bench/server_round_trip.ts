import { Helper } from "../load/helper.ts";
import { MeasuredServer } from "../load/measured_server.ts";
import type { Bench, Figure } from "./bench.ts";

const CONVERSATIONS = 100;
/** Each conversation writes this often, in milliseconds. */
const EVERY_MS = 2_000;
const WARM_MS = 4_000;
const MEASURE_MS = 10_000;

/** From a visitor's message over Discord to the visitor's screen with the answer of the staff; rate limits off. */
export const serverRoundTrip: Bench = {
  name: "server-round-trip",
  async *run(): AsyncIterable<Figure> {
    await using server = await MeasuredServer.start();
    await using crowd = Helper.start("crowd.ts", server.url, CONVERSATIONS);
    await crowd.next();
    // The first messages make the threads.
    await crowd.ask(`round trips ${WARM_MS} ${EVERY_MS}`);
    await crowd.next();
    await crowd.ask(`round trips ${MEASURE_MS} ${EVERY_MS}`);
    const { answerP50, answerP99, missing, answers } = await crowd.next();
    if (missing !== 0) throw new Error(`${missing} answers did not come, ${answers} did`);
    yield {
      figure: "visitor to Discord to visitor, p50 at 100 conversations",
      measured: Number(answerP50),
      unit: "ms",
    };
    yield {
      figure: "visitor to Discord to visitor, p99 at 100 conversations",
      measured: Number(answerP99),
      unit: "ms",
      bar: { atMost: 50 },
    };
  },
};
