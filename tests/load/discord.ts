/**
 * The Discord simulator in a process of its own. A message `ping N` of a visitor is answered by `pong N` of the staff.
 * Arguments: `limited` for Discord's own rate limits.
 *
 * @module
 */
import { DiscordSimulator } from "../support/discord/mod.ts";
import { asked, tell } from "./tell.ts";

const discord = await DiscordSimulator.start({
  rateLimits: Deno.args.includes("limited"),
  limits: { activeThreads: 1_000_000 },
  log: () => {},
});
const forum = discord.createForum("chatbox50");
const staff = discord.staff("ada");

discord.world.onDispatch(({ t, d }) => {
  if (t !== "MESSAGE_CREATE") return;
  const { author, content, channel_id: thread } = d as unknown as {
    author: { id: string };
    content: string;
    channel_id: string;
  };
  if (author.id === staff.id) return;
  for (const [, number] of content.matchAll(/ping (\d+)/g)) {
    // Not in the middle of the visitor's message.
    queueMicrotask(() => staff.say(thread, `pong ${number}`));
  }
});
tell({ url: discord.url, token: discord.token });

for await (const line of asked()) {
  if (line === "answer all") {
    const threads = discord.threads(forum);
    for (const { id } of threads) staff.say(id, "to everybody");
    tell({ answered: threads.length });
  } else if (line === "threads") tell({ threads: discord.threads(forum).length });
}
Deno.exit();
