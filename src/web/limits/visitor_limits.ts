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

/**
 * What visitors may do in a time, each by themselves and all behind one address together. Every method gives how long to
 * wait in milliseconds: 0 means that it is allowed and was counted; what is refused does not count.
 */
export class VisitorLimits {
  readonly #messages: Pair;
  readonly #frames: Pair;
  readonly #bytes: Pair;
  readonly #uploads: Pair;
  readonly #sessions: RateLimit;

  constructor(settings: LimitSettings, clock: Clock) {
    this.#messages = new Pair(settings.messages, MINUTE_MS, clock);
    this.#frames = new Pair(settings.frames, MINUTE_MS, clock);
    this.#bytes = new Pair(settings.frames * BYTES_A_FRAME, MINUTE_MS, clock);
    this.#uploads = new Pair(settings.uploads, HOUR_MS, clock);
    this.#sessions = new RateLimit({ count: settings.sessions, periodMs: HOUR_MS, clock });
  }

  /** A frame of so many bytes. */
  frame(asker: Asker, bytes: number): number {
    const waitMs = Math.max(this.#frames.waitMs(asker), this.#bytes.waitMs(asker, bytes));
    if (waitMs > 0) return waitMs;
    this.#frames.use(asker);
    this.#bytes.use(asker, bytes);
    return 0;
  }

  /** A message or an edit. */
  message(asker: Asker): number {
    return this.#messages.take(asker);
  }

  /** An upload. */
  upload(asker: Asker): number {
    return this.#uploads.take(asker);
  }

  /** A conversation that begins. */
  newConversation({ prefix }: Asker): number {
    const waitMs = this.#sessions.waitMs(prefix);
    if (waitMs === 0) this.#sessions.use(prefix);
    return waitMs;
  }
}

/** The limit of each visitor, and that of all behind one address. */
class Pair {
  readonly #visitor: RateLimit;
  readonly #address: RateLimit;

  constructor(count: number, periodMs: number, clock: Clock) {
    this.#visitor = new RateLimit({ count, periodMs, clock });
    this.#address = new RateLimit({ count: count * VISITORS_BEHIND_AN_ADDRESS, periodMs, clock });
  }

  waitMs({ uid, prefix }: Asker, cost = 1): number {
    const own = uid === undefined ? 0 : this.#visitor.waitMs(uid, cost);
    return Math.max(own, this.#address.waitMs(prefix, cost));
  }

  use({ uid, prefix }: Asker, cost = 1): void {
    if (uid !== undefined) this.#visitor.use(uid, cost);
    this.#address.use(prefix, cost);
  }

  take(asker: Asker): number {
    const waitMs = this.waitMs(asker);
    if (waitMs === 0) this.use(asker);
    return waitMs;
  }
}
