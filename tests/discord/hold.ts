import type { DiscordSimulator, Fault } from "../support/discord/mod.ts";

/** A request that Discord answers when the test lets it. */
export interface HeldRequest {
  /** Resolves when it has come. */
  readonly asked: Promise<void>;
  /** Lets it go on. */
  readonly release: () => void;
}

/**
 * Holds the next request of a kind back.
 *
 * @param kind `delay`: Discord acts only when it is let; `late`: Discord acts at once, its answer waits
 */
export function hold(
  discord: DiscordSimulator,
  kind: "delay" | "late",
  method: string,
  route: NonNullable<Fault["route"]>,
): HeldRequest {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  discord.faults.add({
    method,
    route,
    when: () => {
      asked.resolve();
      return true;
    },
    action: { kind, until: released.promise },
  });
  return { asked: asked.promise, release: released.resolve };
}
