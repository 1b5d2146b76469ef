import type { Clock } from "../../core/mod.ts";
import { RateLimit } from "./rate_limit.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** An office, a school or a mobile network is many visitors behind one address: together they may do so many times as much. */
const VISITORS_BEHIND_AN_ADDRESS = 10;

/** The bytes that come with each allowed frame, on average: a message of 4,000 letters fits. */
const BYTES_A_FRAME = 4 * 1024;

/** What a visitor, or an address, may do; 0 for no limit. */
export interface LimitSettings {
  /** Messages and edits of a visitor, a minute. */
  readonly messages: number;
  /** Frames of a visitor, a minute; their bytes are limited in proportion. */
  readonly frames: number;
  /** New conversations from an address, an hour. */
  readonly sessions: number;
  /** Uploads of a visitor, an hour. */
  readonly uploads: number;
}

/** No limits at all. */
export const NO_LIMITS: LimitSettings = { messages: 0, frames: 0, sessions: 0, uploads: 0 };

/** Who asks: a visitor, once known, at an address. */
export interface Asker {
  /** Known from `welcome` on. */
  readonly uid?: string | undefined;
  /** An IPv4 address or an IPv6 /64. */
  readonly prefix: string;
}

interface Bucket {
  readonly limit: RateLimit;
  readonly key: string | undefined;
  readonly cost?: number;
}

/**
 * What visitors may do in a time, each by themselves and all behind one address together. Every method gives how long to
 * wait in milliseconds: 0 means that it is allowed and was counted; what is refused does not count.
 */
export class VisitorLimits {
  readonly #settings: LimitSettings;
  readonly #messages: Pair;
  readonly #frames: Pair;
  readonly #bytes: Pair;
  readonly #uploads: Pair;
  readonly #sessions: RateLimit;

  constructor(settings: LimitSettings, clock: Clock) {
    this.#settings = settings;
    this.#messages = pair(settings.messages, MINUTE_MS, clock);
    this.#frames = pair(settings.frames, MINUTE_MS, clock);
    this.#bytes = pair(settings.frames * BYTES_A_FRAME, MINUTE_MS, clock);
    this.#uploads = pair(settings.uploads, HOUR_MS, clock);
    this.#sessions = new RateLimit({ count: settings.sessions, periodMs: HOUR_MS, clock });
  }

  /** A frame of so many bytes. */
  frame(asker: Asker, bytes: number): number {
    // Asked for every frame: without a limit it costs nothing.
    if (this.#settings.frames === 0) return 0;
    return take([...both(this.#frames, asker), ...both(this.#bytes, asker, bytes)]);
  }

  /** A message or an edit. */
  message(asker: Asker): number {
    return take(both(this.#messages, asker));
  }

  /** An upload. */
  upload(asker: Asker): number {
    return take(both(this.#uploads, asker));
  }

  /** A conversation that begins. */
  newConversation({ prefix }: Asker): number {
    return take([{ limit: this.#sessions, key: prefix }]);
  }
}

interface Pair {
  readonly visitor: RateLimit;
  readonly address: RateLimit;
}

function pair(count: number, periodMs: number, clock: Clock): Pair {
  return {
    visitor: new RateLimit({ count, periodMs, clock }),
    address: new RateLimit({ count: count * VISITORS_BEHIND_AN_ADDRESS, periodMs, clock }),
  };
}

function both({ visitor, address }: Pair, { uid, prefix }: Asker, cost = 1): readonly Bucket[] {
  return [{ limit: visitor, key: uid, cost }, { limit: address, key: prefix, cost }];
}

function take(buckets: readonly Bucket[]): number {
  let waitMs = 0;
  for (const { limit, key, cost } of buckets) {
    if (key !== undefined) waitMs = Math.max(waitMs, limit.waitMs(key, cost));
  }
  if (waitMs > 0) return waitMs;
  for (const { limit, key, cost } of buckets) {
    if (key !== undefined) limit.use(key, cost);
  }
  return 0;
}
