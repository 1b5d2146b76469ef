/**
 * What `deno task test:deploy` runs: the commands of docs/deploy.md that are marked `bare`, in their order, on a bare Debian with systemd
 * as its first process, with a simulated Discord, a visitor and staff. Needs root, `dist/chatbox50`, and the Debian packages
 * `systemd-container` and `debootstrap`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { AcmeResponder } from "../support/acme/responder.ts";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { BareDebian } from "./bare_debian.ts";
import { pageCommands } from "./page_commands.ts";
import { stepsOf, type Surroundings } from "./steps.ts";

/** What the page's release is called. */
const EXECUTABLE = "chatbox50-0.1.0-linux-x64";
const RELEASES = "https://github.com/RyutaSato/chatbox50/releases/download/v0.1.0";

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** The release as it would lie there. */
async function releaseServer(): Promise<Deno.HttpServer<Deno.NetAddr>> {
  const bytes = await Deno.readFile(new URL("../../dist/chatbox50", import.meta.url));
  const sums = `${createHash("sha256").update(bytes).digest("hex")}  ${EXECUTABLE}\n`;
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
    const name = new URL(url).pathname.slice(1);
    if (name === EXECUTABLE) return new Response(bytes);
    return name === "SHA256SUMS" ? new Response(sums) : new Response("", { status: 404 });
  });
}

async function main(): Promise<number> {
  const discord = await DiscordSimulator.start();
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => discord.close());
  const releases = cleanup.use(await releaseServer());
  const acme = cleanup.use(await AcmeResponder.start({ httpPort: 80 }));
  say("Making and booting a bare Debian ...");
  const debian = cleanup.use(await BareDebian.boot(Deno.args[0]));
  const forum = discord.createForum("chatbox50");
  const surroundings: Surroundings = { debian, discord, forum, acme };
  const steps = stepsOf(surroundings);
  let failed = 0;
  let ran = 0;
  for (const { command, proof, words } of await pageCommands()) {
    if (!proof.bare) {
      say(`--    ${command}   (${words})`);
      continue;
    }
    const step = steps.find(({ of }) => command.includes(of));
    const unprepared = await step?.before?.().then(() => undefined, (error) => `before it: ${error}`);
    const typed = [
      [RELEASES, `http://127.0.0.1:${releases.addr.port}`] as const,
      ...step?.instead?.() ?? [],
    ].reduce((text, [there, here]) => text.replaceAll(there, here), command);
    const { code, output } = await debian.type(typed);
    ran++;
    const problem = unprepared ??
      (code !== 0
        ? `ended with ${code}`
        : step?.expect?.test(output) === false
        ? `shows no ${step.expect}`
        : await step?.after?.(output).then(() => undefined, (error) => String(error)));
    say(`${problem === undefined ? "ok  " : "FAIL"}  ${command}`);
    if (problem === undefined) continue;
    failed++;
    say(`      ${problem}\n      ${output.slice(-3000).replaceAll("\n", "\n      ")}`);
  }
  say(`${ran} commands ran on a bare Debian, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

Deno.exit(await main());
