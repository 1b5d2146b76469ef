import { deepEqual, match } from "node:assert/strict";
import { TOKEN_HELP } from "../../src/cli/texts.ts";
import { inviteUrl, Permission } from "../../src/discord/home/permissions.ts";
import { snowflake } from "../../src/discord/snowflake.ts";

const APPLICATION = snowflake.decode("1574242011182006272");

/** What the invite address asks for, sorted. */
function invited(webhooks: boolean): readonly string[] {
  const query = new URL(inviteUrl(APPLICATION, { webhooks })).searchParams;
  const bits = BigInt(query.get("permissions") ?? "0");
  return Object.entries(Permission).filter(([, bit]) => (bits & bit) !== 0n).map(([name]) => name).sort();
}

/** The permissions of a list of names, sorted. The page where they are ticked speaks of "View Channels". */
function named(list: string): readonly string[] {
  return list.split(",").map((name) =>
    name.replace(/[_\s]+/g, " ").trim().replace(/^View Channels$/, "View Channel")
  )
    .sort();
}

Deno.test("The help about a missing token names what the bot uses, and no more", () => {
  match(TOKEN_HELP, /tick bot and applications\.commands/);
  deepEqual(named(/applications\.commands, then ([^;]*);/.exec(TOKEN_HELP)?.[1] ?? ""), invited(false));
});

Deno.test("docs/deploy.md names what the bot uses, and no more", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/deploy.md", import.meta.url));
  const list = /then the permissions ([^`]*) for\s+`DISCORD_PERSONA=webhook`/.exec(page)?.[1] ?? "";
  deepEqual(named(list.replace(", and ", ", ")), invited(true));
});
