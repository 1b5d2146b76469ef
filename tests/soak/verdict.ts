const MIB = 1024 * 1024;
/** Until these have made what is made once, a round says nothing of memory. */
const WARM_ROUNDS = 3;
/** As many rounds it takes to judge a run: two in each third of those that are warm. */
export const LEAST_ROUNDS: number = WARM_ROUNDS + 6;
/** Kept connections to Discord come and go, so the fewest of several moments are compared; whoever has left holds none. */
const MOST_MORE_DESCRIPTORS = 5;
/** How far the collector's moments move what is resident, in bytes, up and down: when it comes often, and when it comes as it likes. */
const NOISE = { tidy: 16 * MIB, free: 64 * MIB } as const;
/**
 * What moves evenly within the noise lets the trend through n moments rise or fall by the noise / sqrt(n) (the standard error of a slope, times
 * its length). So many times that is forgiven, and never less than half of the noise: moments that follow each other are alike.
 */
const FORGIVEN_ERRORS = 5;
/** A trend needs no more moments than these, evenly spread, and a run of days has too many to compare each with each. */
const MOST_MOMENTS = 1_000;
const LEAST_FORGIVEN = 0.5;
/** SQLite keeps pages of a growing file, up to the cache that the storage asks for. */
const PAGE_CACHE = 64 * MIB;
/**
 * What the caches of conversations keep of one, in bytes, for as many as they hold: a run long enough to fill them may grow by no more. Good
 * runs grow by 3.5 to 4.6 KiB a visitor until then, of which 1.3 KiB are pages of the file.
 */
const KEPT_OF_A_VISITOR = 3_072;
const KEPT_VISITORS = 10_000;

/** What the moment after a round looked like, when everybody had left. */
export interface Sample {
  /** How many visitors have come and gone. */
  readonly visitors: number;
  /** Resident memory of its own, in bytes. */
  readonly memory: number;
  readonly descriptors: number;
  /** Size of the database file and its log, in bytes. */
  readonly stored: number;
  /** Messages, edits and deletions that had not arrived when they were waited for no longer. */
  readonly pending: number;
  /** Sockets that were open still. */
  readonly sockets: number;
}

/** What the samples say. */
export interface Verdict {
  readonly flat: boolean;
  /** Bytes that each visitor has left behind by the trend of the memory, beyond what the caches may keep; below 0 when nothing grows. */
  readonly bytesPerVisitor: number;
  /** Descriptors in the last third, beyond those in the second. */
  readonly moreDescriptors: number;
  /** In words, for whoever reads the run. */
  readonly words: string;
}

/**
 * Judges a run by the moments after its rounds. The trend of the memory through its last two thirds may rise by what the caches keep and by
 * what the collector's noise makes of a trend; descriptors may not grow between these thirds; and after no round anything may be left over.
 *
 * @param rounds all of them, in their order
 * @param collector whether it was made to come often
 * @throws {RangeError} when there are fewer than {@link LEAST_ROUNDS}
 */
export function judge(rounds: readonly Sample[], collector: keyof typeof NOISE): Verdict {
  if (rounds.length < LEAST_ROUNDS) {
    throw new RangeError(`Cannot judge ${rounds.length} rounds: at least ${LEAST_ROUNDS} are needed`);
  }
  const warm = rounds.slice(WARM_ROUNDS);
  const third = Math.floor(warm.length / 3);
  const samples = spread(warm.slice(third));
  const [first, last] = [at(samples, 0), at(samples, -1)];
  const visitors = last.visitors - first.visitors;
  const kept = Math.min(PAGE_CACHE, Math.max(0, last.stored - first.stored)) +
    KEPT_OF_A_VISITOR * Math.min(visitors, KEPT_VISITORS);
  const noise = NOISE[collector] * Math.max(LEAST_FORGIVEN, FORGIVEN_ERRORS / Math.sqrt(samples.length));
  const risen = slope(samples) * visitors;
  // One moment may catch a connection to Discord that is being replaced; a leak is in all of them.
  const moreDescriptors = fewest(warm.slice(-third)) - fewest(warm.slice(third, 2 * third));
  const leftOver = rounds.filter(({ pending, sockets }) => pending !== 0 || sockets !== 0).length;
  const flat = risen <= kept + noise && moreDescriptors <= MOST_MORE_DESCRIPTORS && leftOver === 0;
  const mib = (bytes: number): string => (bytes / MIB).toFixed(1);
  return {
    flat,
    bytesPerVisitor: (risen - kept) / visitors,
    moreDescriptors,
    words: `${flat ? "flat" : "NOT flat"}: by its trend the memory rose by ${mib(risen)} MiB over ` +
      `${visitors} visitors, caches may keep ${mib(kept)} MiB and the collector may hide ${
        mib(noise)
      } MiB; ` +
      `${moreDescriptors} descriptors more; ${leftOver} rounds after which sockets or pending rows were left`,
  };
}

function spread(samples: readonly Sample[]): readonly Sample[] {
  const step = Math.ceil(samples.length / MOST_MOMENTS);
  return samples.filter((_, index) => (samples.length - 1 - index) % step === 0);
}

/** Bytes of memory a visitor: the median of the slopes between any two moments (Theil and Sen), which no single peak can move. */
function slope(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((from, index) =>
    samples.slice(index + 1).map((to) => (to.memory - from.memory) / (to.visitors - from.visitors))
  );
  return at(Float64Array.from(slopes).sort(), Math.floor(slopes.length / 2));
}

function at<T>(values: { at(index: number): T | undefined }, index: number): T {
  const value = values.at(index);
  if (value === undefined) throw new RangeError(`Cannot take value ${index}: there is none`);
  return value;
}

function fewest(samples: readonly Sample[]): number {
  return Math.min(...samples.map(({ descriptors }) => descriptors));
}
