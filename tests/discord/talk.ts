import { Bridge, type BridgeOptions, LastingStore, type Visitor, withDiscord } from "./bridge.ts";
import type { DiscordSimulator, SimulatorOptions, StaffMember } from "../support/discord/mod.ts";

/** A bridge and the visitor as seen through it. */
export interface Present {
  readonly bridge: Bridge;
  readonly visitor: Visitor;
}

/** A visitor whose first word, "Hello", stands in their thread, as they were told, and Alice of the staff. */
export interface Talk extends Present {
  readonly discord: DiscordSimulator;
  /** The channel in which threads are made. */
  readonly channel: string;
  readonly thread: string;
  readonly alice: StaffMember;
  /** Ends the bridge, as the end of the process does. */
  readonly leave: () => Promise<void>;
  /** Starts it anew on what it has stored; it may not be ready yet. */
  readonly back: (options?: BridgeOptions) => Promise<Present>;
}

/** What a talk is made with. */
export interface TalkOptions extends BridgeOptions {
  readonly simulator?: SimulatorOptions & {
    readonly kind?: "forum" | "text";
    readonly tags?: readonly string[];
  };
}

/** Plays a talk whose store outlives its bridges. */
export async function talk(work: (talk: Talk) => Promise<void>, options: TalkOptions = {}): Promise<void> {
  const { simulator, store = new LastingStore(), ...rest } = options;
  await withDiscord(async (discord, channel) => {
    await using bridges = new AsyncDisposableStack();
    const bridge = await (await Bridge.start(discord, { ...rest, store })).ready();
    let left: Promise<void> | undefined;
    const leave = (): Promise<void> => left ??= bridge[Symbol.asyncDispose]();
    bridges.defer(leave);
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    await visitor.until(() => visitor.arrived > 0, "the arrival to be told");
    await work({
      discord,
      channel,
      bridge,
      visitor,
      thread,
      alice: discord.staff("Alice"),
      leave,
      back: async (more = {}) => {
        const next = bridges.use(await Bridge.start(discord, { ...rest, ...more, store }));
        return { bridge: next, visitor: await next.returning(visitor.uid) };
      },
    });
  }, simulator);
}
