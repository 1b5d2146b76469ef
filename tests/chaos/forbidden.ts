import type { PermissionName } from "../support/discord/mod.ts";

/** What may rightly go wrong with a visitor's message while a permission is missing. */
export interface Excuse {
  /** It may fail, which its visitor sees. */
  readonly posts: boolean;
  /** A line may stand where its file should. */
  readonly files: boolean;
}

const NONE: Excuse = { posts: false, files: false };

/** What staff take from the bot, and what that excuses. All else has to wait, or to go another way. */
export const TAKEN: readonly (readonly [permission: PermissionName, excuse: Excuse])[] = [
  ["ViewChannel", { posts: true, files: true }],
  ["SendMessagesInThreads", { posts: true, files: true }],
  ["AttachFiles", { posts: false, files: true }],
  ["SendMessages", NONE],
  ["ReadMessageHistory", NONE],
  ["ManageThreads", NONE],
  ["ManageWebhooks", NONE],
  ["AddReactions", NONE],
];

/** The bridge remembers a refusal for a minute, unless it hears that something has changed. */
const REMEMBERED_MS = 65_000;

/** Knows what is excused at this moment. */
export class Forbidden {
  #excuse = NONE;
  #until = 0;

  /** What is excused of messages that are written or changed now. */
  get excuse(): Excuse {
    return performance.now() < this.#until ? this.#excuse : NONE;
  }

  /** A permission is taken. */
  begin(excuse: Excuse): void {
    const { posts, files } = this.excuse;
    this.#excuse = { posts: posts || excuse.posts, files: files || excuse.files };
    if (excuse !== NONE) this.#until = Infinity;
  }

  /** Everything is given back. */
  end(): void {
    this.#until = Math.min(this.#until, performance.now() + REMEMBERED_MS);
  }
}
