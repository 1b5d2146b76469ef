const MIB = 1024 * 1024;
/** As many moments it takes to judge a run: two in each third. */
export const LEAST_SAMPLES = 6;
/** Kept connections to Discord come and go, so the fewest of several moments are compared; whoever has left holds none. */
const MOST_MORE_DESCRIPTORS = 5;
/** How far the collector's moments move what is resident, in bytes, however long the run: when it comes often, and when it comes as it likes. */
const NOISE = { tidy: 16 * MIB, free: 64 * MIB } as const;
/** SQLite keeps pages of a growing file, up to the cache that the storage asks for. */
const PAGE_CACHE = 64 * MIB;
/**
 * What the caches of conversations keep of one, in bytes, for as many as they hold: a run long enough to fill them may grow by no more.
 */
const KEPT_OF_A_VISITOR = 4_096;
const KEPT_VISITORS = 10_000;

/** What a moment looked like in which nobody was connected. */
export interface Sample {
  /** How many visitors have come and gone. */
  readonly visitors: number;
  /** Resident memory of its own, in bytes. */
  readonly memory: number;
  readonly descriptors: number;
  /** Size of the database file and its log, in bytes. */
  readonly stored: number;
}

/** What the samples say. */
export interface Verdict {
  readonly flat: boolean;
  /** Bytes that each visitor has left behind, beyond what the caches may keep; around 0, and below it when nothing grows. */
  readonly bytesPerVisitor: number;
  /** Descriptors in the last third, beyond those in the second. */
  readonly moreDescriptors: number;
  /** In words, for whoever reads the run. */
  readonly words: string;
}

/**
 * Judges a run by moments in which nobody was connected. Between the second third and the last, the lowest memory may rise by what the caches
 * keep and by the noise of the collector, whose moments only ever add: a leak lifts the lowest, too.
 *
 * @param collector whether it was made to come often
 * @throws {RangeError} when there are fewer than {@link LEAST_SAMPLES}
 */
export function judge(samples: readonly Sample[], collector: keyof typeof NOISE): Verdict {
  const noise = NOISE[collector];
  if (samples.length < LEAST_SAMPLES) {
    throw new RangeError(`Cannot judge ${samples.length} samples: at least ${LEAST_SAMPLES} are needed`);
  }
  const third = Math.floor(samples.length / 3);
  const [from, to] = [lowest(samples.slice(third, 2 * third)), lowest(samples.slice(-third))];
  const visitors = to.visitors - from.visitors;
  const kept = Math.min(PAGE_CACHE, Math.max(0, to.stored - from.stored)) +
    KEPT_OF_A_VISITOR * Math.min(visitors, KEPT_VISITORS);
  const unexplained = to.memory - from.memory - kept;
  // One moment may catch a connection to Discord that is being replaced; a leak is in all of them.
  const moreDescriptors = fewest(samples.slice(-third)) - fewest(samples.slice(third, 2 * third));
  const flat = unexplained <= noise && moreDescriptors <= MOST_MORE_DESCRIPTORS;
  const bytesPerVisitor = unexplained / visitors;
  const mib = (bytes: number): string => (bytes / MIB).toFixed(1);
  return {
    flat,
    bytesPerVisitor,
    moreDescriptors,
    words: `${flat ? "flat" : "NOT flat"}: lowest memory ${mib(from.memory)} to ${mib(to.memory)} MiB over ` +
      `${visitors} visitors, of which caches may keep ${mib(kept)} MiB and the collector ${
        mib(noise)
      } MiB; ` +
      `${moreDescriptors} descriptors more`,
  };
}

function lowest(samples: readonly Sample[]): Sample {
  const [first, ...rest] = samples;
  if (first === undefined) throw new RangeError("Cannot take the lowest: there are no samples");
  return rest.reduce((low, sample) => sample.memory < low.memory ? sample : low, first);
}

function fewest(samples: readonly Sample[]): number {
  return Math.min(...samples.map(({ descriptors }) => descriptors));
}
