import { Helper } from "../load/helper.ts";
import { MeasuredServer } from "../load/measured_server.ts";
import { type Bench, type Figure, median } from "./bench.ts";

const CONVERSATIONS = 100;
/** Each conversation writes this often, in milliseconds. */
const EVERY_MS = 2_000;
/** Until the first messages have made their threads and the code is warm. */
const WARM_MS = 10_000;
const MEASURE_MS = 6_000;
/** The middle one of so many: what else the machine does comes in gusts. */
const ROUNDS = 3;

/** From a visitor's message over Discord to the visitor's screen with the answer of the staff; rate limits off. */
export const serverRoundTrip: Bench = {
  name: "server-round-trip",
  async *run(): AsyncIterable<Figure> {
    await using server = await MeasuredServer.start();
    await using crowd = Helper.start("crowd.ts", server.url, CONVERSATIONS);
    await crowd.next();
    await crowd.ask(`round trips ${WARM_MS} ${EVERY_MS}`);
    await crowd.next();
    const half: number[] = [];
    const most: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await crowd.ask(`round trips ${MEASURE_MS} ${EVERY_MS}`);
      const { answerP50, answerP99, missing, answers } = await crowd.next();
      if (missing !== 0) throw new Error(`${missing} answers did not come, ${answers} did`);
      half.push(Number(answerP50));
      most.push(Number(answerP99));
    }
    yield {
      figure: "visitor to Discord to visitor, p50 at 100 conversations",
      measured: median(half),
      unit: "ms",
    };
    yield {
      figure: "visitor to Discord to visitor, p99 at 100 conversations",
      measured: median(most),
      unit: "ms",
      bar: { atMost: 50 },
    };
  },
};
