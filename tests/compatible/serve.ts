/**
 * One of the simulated servers as a process: `serve.ts simulator` or `serve.ts plain`. Prints how it is reached as a line of JSON, in the
 * names of environment variables, and ends with its standard input.
 *
 * @module
 */
import { DiscordSimulator } from "../support/discord/mod.ts";
import { PlainDiscord } from "../support/plain_discord/mod.ts";

interface Served {
  readonly server: AsyncDisposable;
  readonly env: Readonly<Record<string, string>>;
}

async function serveSimulator(): Promise<Served> {
  const server = await DiscordSimulator.start({ rateLimits: true });
  const env = {
    DISCORD_API_URL: server.url,
    DISCORD_TOKEN: server.token,
    DISCORD_STAFF_TOKEN: server.addBot("Second bot"),
    DISCORD_CHANNEL_ID: server.createForum("support", { tags: ["open", "closed"] }),
  };
  return { server, env };
}

async function servePlain(): Promise<Served> {
  const server = await PlainDiscord.start();
  const { url, token, staffToken, channelId } = server;
  const env = {
    DISCORD_API_URL: url,
    DISCORD_TOKEN: token,
    DISCORD_STAFF_TOKEN: staffToken,
    DISCORD_CHANNEL_ID: channelId,
  };
  return { server, env };
}

const { server, env } = Deno.args[0] === "plain" ? await servePlain() : await serveSimulator();
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(env)}\n`));
for await (const _ of Deno.stdin.readable) { /* until it ends */ }
await server[Symbol.asyncDispose]();
Deno.exit(0);
