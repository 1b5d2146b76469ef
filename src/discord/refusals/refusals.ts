import type { DeliveryError } from "../../core/mod.ts";
import type { Home } from "../home/home.ts";
import type { DiscordEvent } from "../ports.ts";
import type { Snowflake } from "../snowflake.ts";
import { RefusedPosts } from "./refused_posts.ts";
import { ShutOut, type ShutOutOptions } from "./shut_out.ts";

/** What {@link Refusals} needs. */
export interface RefusalsOptions extends ShutOutOptions {
  /** What waits may be tried again. */
  readonly onChange: () => void;
}

/**
 * What is known of Discord's refusals on the way to a thread.
 *
 * | known | who asks again | who waits | what ends it |
 * | --- | --- | --- | --- |
 * | the channel is out of sight ({@link ShutOut}) | one call a minute | everything, threads to be made as well | the call, asked at once when permissions change |
 * | the bot lacks a permission in the channel ({@link RefusedPosts}) | one message a minute, ever more seldom | nobody: messages fail, with the permission in the log | what arrives, permissions that change |
 * | a thread is refused and nobody knows why ({@link RefusedPosts}) | its next message, ever more seldom | what is written there | what arrives, the thread or permissions that change |
 *
 * What is read is remembered apart, in `RefusedReads`.
 */
export class Refusals {
  /** Whether the channel is out of sight. */
  readonly shutOut: ShutOut;
  /** Where posts are forbidden. */
  readonly posts: RefusedPosts;
  readonly #options: RefusalsOptions;

  constructor(options: RefusalsOptions) {
    this.#options = options;
    this.shutOut = new ShutOut(options);
    this.posts = new RefusedPosts(options.clock);
  }

  /** Why nothing may be tried in a thread now; `undefined` when it is worth asking. */
  inThread(thread: Snowflake, home: Home): Error | undefined {
    return this.shutOut.of(home) ?? this.posts.of(thread, home);
  }

  /** Why no thread may be made now; `undefined` when it is worth asking. */
  inChannel(home: Home): DeliveryError | undefined {
    return this.shutOut.of(home);
  }

  /** Learns from an event, after the home was settled by it. */
  heard(event: DiscordEvent): void {
    if (event.type === "thread") {
      if (this.posts.changed(event.channel.id)) this.#options.onChange();
      return;
    }
    if (!this.#mayChangePermissions(event)) return;
    this.shutOut.changed();
    if (this.posts.changed()) this.#options.onChange();
  }

  #mayChangePermissions(event: DiscordEvent): boolean {
    switch (event.type) {
      case "channel":
        return event.channel.id === this.#options.home()?.channel.id;
      case "channel-opened":
      case "guild":
      case "guild-update":
      case "own-roles":
      case "role":
      case "role-gone":
        return true;
      default:
        return false;
    }
  }
}
