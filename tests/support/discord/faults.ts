/** Scripted misfortune: which request, what goes wrong, how often. */

/** A request as faults and logs see it. */
export interface RequestInfo {
  readonly method: string;
  /** The path below the version, as `/channels/123/messages`. */
  readonly path: string;
  /** The route's template, as `/channels/:channel_id/messages`; the path itself when it is unknown. */
  readonly route: string;
  readonly query: URLSearchParams;
  /** The JSON body, once it is read. */
  readonly body: unknown;
}

/** What goes wrong. */
export type FaultAction =
  /** Answers without acting. A 429 gets Discord's body and headers, `retryAfterS` seconds of them. */
  | { kind: "status"; status: number; body?: unknown; headers?: Record<string, string>; retryAfterS?: number }
  /** Acts only when the promise is settled. */
  | { kind: "delay"; until: Promise<unknown> }
  /** Acts, but answers only when the promise is settled. */
  | { kind: "late"; until: Promise<unknown> }
  /** Cuts the connection without acting. */
  | { kind: "drop" }
  /** Acts, then cuts the connection before the answer. */
  | { kind: "lose" }
  /** Acts, answers the headers, then ends the body too early. */
  | { kind: "truncate" };

/** A fault and the requests it is for. */
export interface Fault {
  readonly method?: string;
  /** A template (`/channels/:channel_id/messages`), or a pattern for the path. */
  readonly route?: string | RegExp;
  /** A closer look, at the body for one. */
  readonly when?: (request: RequestInfo) => boolean;
  /** How many requests it hits; 1 unless told otherwise. */
  readonly times?: number;
  readonly action: FaultAction;
}

/** What {@link Faults.add} gives: how it went and a way to take it back. */
export interface FaultHandle {
  /** Requests hit so far. */
  readonly hits: number;
  /** No more requests are hit. */
  remove(): void;
}

interface Entry {
  fault: Fault;
  left: number;
  hits: number;
}

/** The script. Faults are tried in the order in which they were added; the first that matches is taken. */
export class Faults {
  #entries: Entry[] = [];
  /** Asked for every request that no script matches: for misfortune by seeded chance. */
  random: ((request: RequestInfo) => FaultAction | undefined) | undefined;

  /**
   * @param fault what goes wrong and for which requests
   * @returns to see how often it happened, and to end it
   */
  add(fault: Fault): FaultHandle {
    const { times = 1 } = fault;
    if (!(times > 0)) throw new RangeError(`Cannot add a fault: times is ${times}, must be above 0`);
    const entry: Entry = { fault, left: times, hits: 0 };
    this.#entries.push(entry);
    return {
      get hits(): number {
        return entry.hits;
      },
      remove: (): void => {
        this.#entries = this.#entries.filter((candidate) => candidate !== entry);
      },
    };
  }

  /** Forgets every fault. */
  clear(): void {
    this.#entries = [];
    this.random = undefined;
  }

  /**
   * @param request what came
   * @returns what goes wrong with it, if anything
   */
  take(request: RequestInfo): FaultAction | undefined {
    const entry = this.#entries.find(({ fault, left }) => left > 0 && matches(fault, request));
    if (entry === undefined) return this.random?.(request);
    entry.left--;
    entry.hits++;
    return entry.fault.action;
  }
}

function matches(fault: Fault, request: RequestInfo): boolean {
  const { method, route, when } = fault;
  if (method !== undefined && method !== request.method) return false;
  if (typeof route === "string" && route !== request.route) return false;
  if (route instanceof RegExp && !route.test(request.path)) return false;
  return when?.(request) ?? true;
}
