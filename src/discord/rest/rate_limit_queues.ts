// The timers are ones of npm code, so they are cleared the way Node does.
import { clearTimeout, setTimeout } from "node:timers";
import type { RestManager } from "@discordeno/bot";

type Queue = RestManager["queues"] extends Map<string, infer Q> ? Q : never;

/**
 * discordeno's queues, one for each route of each thread, kept no longer than they know something: until the limit that Discord has
 * named last is over (https://discord.com/developers/docs/topics/rate-limits). discordeno itself keeps each for a minute, and lists all
 * others for its log when it lets one go, whether anybody reads that or not: with some ten thousand, that is all that a process does.
 */
export class RateLimitQueues extends Map<string, Queue> {
  override set(key: string, queue: Queue): this {
    queue.cleanup = () => this.#retire(key, queue);
    return super.set(key, queue);
  }

  /** Ends all timers, which otherwise keep the process alive. */
  stop(): void {
    for (const queue of this.values()) {
      clearTimeout(queue.deleteQueueTimeout);
      clearTimeout(queue.timeoutId);
    }
  }

  /** Called by discordeno whenever a queue has come to its end. */
  #retire(key: string, queue: Queue): void {
    clearTimeout(queue.deleteQueueTimeout);
    if (!queue.isQueueClearable()) void queue.processPending();
    else if (queue.interval === 0) this.#drop(key, queue);
    else queue.deleteQueueTimeout = setTimeout(() => this.#dropIfIdle(key, queue), queue.interval);
  }

  #dropIfIdle(key: string, queue: Queue): void {
    if (queue.isQueueClearable()) this.#drop(key, queue);
    else void queue.processPending();
  }

  #drop(key: string, queue: Queue): void {
    clearTimeout(queue.timeoutId);
    // A later call may have got a new one by now.
    if (this.get(key) === queue) this.delete(key);
  }
}
