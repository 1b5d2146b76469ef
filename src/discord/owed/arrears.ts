import type { Logger, ServiceWorker, Uuid } from "../../core/mod.ts";
import type { Courtesies } from "../courtesies.ts";
import type { DiscordChannel } from "../ports.ts";
import type { Snowflake } from "../snowflake.ts";
import { TO_MARK, TO_SHOW } from "../threads/thread_properties.ts";
import type { ThreadFace } from "./thread_face.ts";

/** How many conversations, those where somebody spoke last, are looked through; what is owed is noted where somebody spoke. */
const LOOKED_THROUGH = 1_000;

/** What {@link Arrears} needs. */
export interface ArrearsOptions {
  readonly worker: ServiceWorker<Snowflake, Uuid>;
  readonly face: Pick<ThreadFace, "takeUp">;
  readonly courtesies: Pick<Courtesies, "takeUp">;
  readonly logger: Logger;
}

/**
 * Finds what Discord was not shown yet, by the notes on disk: asks Discord nothing as long as there are none. For after a start or an
 * outage, and for threads that somebody wakes.
 */
export class Arrears {
  readonly #options: ArrearsOptions;

  constructor(options: ArrearsOptions) {
    this.#options = options;
  }

  /**
   * Looks through the latest conversations. Never rejects.
   *
   * @param told threads of which Discord has told that they are awake
   */
  async takeUp(told: readonly DiscordChannel[]): Promise<void> {
    const { worker, logger } = this.#options;
    const awake = new Set(told.filter(({ archived }) => !archived).map(({ id }) => id));
    try {
      for (const thread of new Set([...await worker.recentIds(LOOKED_THROUGH), ...awake])) {
        await this.#see(thread, awake.has(thread));
      }
    } catch (error) {
      logger.warn("Cannot find out what Discord was not shown yet", { error });
    }
  }

  /** A thread is awake, maybe since just now. Never rejects. */
  async woke(thread: Snowflake): Promise<void> {
    await this.#see(thread, true).catch((error) =>
      this.#options.logger.warn("Cannot find out what a thread was not shown yet", { thread, error })
    );
  }

  async #see(thread: Snowflake, isAwake: boolean): Promise<void> {
    const { worker, face, courtesies } = this.#options;
    const connection = await worker.connectionOf(thread);
    if (connection === undefined) return;
    const { [TO_SHOW]: toShow, [TO_MARK]: toMark } = await connection.properties.all();
    if (toShow !== undefined) face.takeUp(thread);
    if (toMark === "unreachable" || (toMark === "archived" && isAwake)) courtesies.takeUp(thread, toMark);
  }
}
