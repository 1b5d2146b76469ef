import type { DiscordSimulator } from "../support/discord/mod.ts";
import type { Bridge } from "./bridge.ts";
import { type HeldRequest, hold } from "./hold.ts";

/** What is logged of a thread that belongs to no conversation, or to none yet. */
export const UNPAIRED = "Something happened in a thread that is not paired";

/** Lets Discord make the next thread, and keeps its answer, without which the thread is not paired. */
export function holdPairing(discord: DiscordSimulator): HeldRequest {
  return hold(discord, "late", "POST", "/channels/:channel_id/threads");
}

/** Waits until the bridge has seen something happen in such a thread. */
export async function untilSeenUnpaired(bridge: Bridge): Promise<void> {
  await bridge.until(() => bridge.logged("debug").includes(UNPAIRED), "it to be seen");
}
