import assert from "node:assert/strict";
import { silentLogger } from "../../src/core/mod.ts";
import { DiscordPictures } from "../../src/discord/mod.ts";
import { drawn } from "../support/discord/avatars.ts";
import { DiscordSimulator } from "../support/discord/mod.ts";
import { Log } from "../support/log.ts";

const never = new AbortController().signal;
const pictures = new DiscordPictures({ apiUrl: undefined, logger: silentLogger });
const HASH = "0123456789abcdef0123456789abcdef";

for (
  const [address, name] of [
    [
      `https://cdn.discordapp.com/avatars/80351110224678912/${HASH}.png?size=64`,
      `avatars/80351110224678912/${HASH}`,
    ],
    [
      `https://cdn.discordapp.com/avatars/80351110224678912/a_${HASH}.webp`,
      `avatars/80351110224678912/a_${HASH}`,
    ],
    [
      `https://cdn.discordapp.com/guilds/1/users/2/avatars/${HASH}.png?size=64`,
      `guilds/1/users/2/avatars/${HASH}`,
    ],
    ["https://cdn.discordapp.com/embed/avatars/3.png", "embed/avatars/3"],
    [`https://cdn.discordapp.com.evil.example/avatars/1/${HASH}.png`, undefined],
    [`https://evil.example/avatars/1/${HASH}.png`, undefined],
    [`http://cdn.discordapp.com/avatars/1/${HASH}.png`, undefined],
    [`https://me@cdn.discordapp.com/avatars/1/${HASH}.png`, undefined],
    [`https://cdn.discordapp.com:8443/avatars/1/${HASH}.png`, undefined],
    ["https://cdn.discordapp.com/attachments/1/2/secret.png", undefined],
    ["https://cdn.discordapp.com/avatars/1/../../attachments/1/2/secret.png", undefined],
    [`https://cdn.discordapp.com/avatars/ada/${HASH}.png`, undefined],
    [`https://cdn.discordapp.com/avatars/1/${HASH}.png?size=64&to=x`, undefined],
    [`https://cdn.discordapp.com/avatars/1/${HASH}.png#x`, undefined],
    ["https://cdn.discordapp.com/embed/avatars/12.png", undefined],
    ["/avatars/1/a.png", undefined],
    ["", undefined],
  ] as const
) {
  Deno.test(`[S3] DiscordPictures takes ${JSON.stringify(address)} for ${name ?? "no picture"}`, () => {
    assert.equal(pictures.nameOf(address), name);
  });
}

Deno.test("[S3] DiscordPictures asks for nothing whose name is no picture's, whoever sealed it", async () => {
  await withServer(() => new Response("secret"), async (apiUrl, asked) => {
    const own = new DiscordPictures({ apiUrl, logger: silentLogger });
    for (
      const name of [
        "attachments/1/2/a",
        "avatars/1/../../api",
        "@evil.example/avatars/1/a",
        "avatars/1/a?b",
        "",
      ]
    ) {
      assert.equal(await own.fetch(name, never), "gone");
    }
    assert.deepEqual(asked, []);
  });
});

Deno.test("DiscordPictures fetches what the members of a server have as pictures, by what their messages say", async () => {
  await using discord = await DiscordSimulator.start();
  const channel = discord.createTextChannel("talk");
  const ada = discord.staff("ada");
  const own = new DiscordPictures({ apiUrl: discord.url, logger: silentLogger });
  ada.setAvatar(drawn(3));
  const { author } = ada.say(channel, "hello");
  const first = own.nameOf(`https://cdn.discordapp.com/avatars/${ada.id}/${author.avatar}.png?size=64`) ?? "";
  assert.deepEqual(await own.fetch(first, never), drawn(3));
  assert.deepEqual(await own.fetch("embed/avatars/2", never), drawn(2));
  ada.setAvatar(drawn(4));
  assert.equal(await own.fetch(first, never), "gone");
});

for (
  const [what, answer, expected] of [
    ["one that is too large", (): Response => new Response(new Uint8Array(256 * 1024 + 1)), "gone"],
    ["what has gone elsewhere", (): Response => Response.redirect("http://evil.example/a.png"), "gone"],
    ["what may not be seen", (): Response => new Response("", { status: 403 }), "gone"],
    ["a CDN that is too busy", (): Response => new Response("", { status: 429 }), "unreachable"],
    ["a CDN that fails", (): Response => new Response("", { status: 502 }), "unreachable"],
  ] as const
) {
  Deno.test(`DiscordPictures calls ${what} ${expected}`, async () => {
    await withServer(answer, async (apiUrl, asked) => {
      const own = new DiscordPictures({ apiUrl, logger: silentLogger });
      const fetched = await own.fetch("embed/avatars/1", never);
      assert.equal(typeof fetched === "string" ? fetched : `${fetched.length} bytes`, expected);
      assert.deepEqual(asked, ["/embed/avatars/1.png?size=64"]);
    });
  });
}

Deno.test("DiscordPictures waits for a silent CDN only so long, and says so once for all pictures", async () => {
  const logger = new Log();
  const held = Promise.withResolvers<void>();
  await withServer(() => held.promise.then(() => new Response("late")), async (apiUrl) => {
    const own = new DiscordPictures({ apiUrl, logger, timeoutMs: 50 });
    const fetched = await Promise.all(["0", "1"].map((one) => own.fetch(`embed/avatars/${one}`, never)));
    // The server of the test waits for it.
    held.resolve();
    assert.deepEqual(fetched, ["unreachable", "unreachable"]);
    const said = logger.lines.map(({ message }) => message);
    assert.deepEqual(said, ["Pictures of the staff are not to be had now"]);
  });
});

for (
  const [apiUrl, origin] of [
    [undefined, "https://cdn.discordapp.com"],
    ["https://discord.com/api", "https://cdn.discordapp.com"],
    ["https://canary.discord.com/api/v10", "https://cdn.discordapp.com"],
    ["https://discordapp.com/api", "https://cdn.discordapp.com"],
    ["https://notdiscord.com/api", "https://notdiscord.com"],
    ["http://chat.example:8080/discord/api", "http://chat.example:8080"],
  ] as const
) {
  Deno.test(`DiscordPictures asks ${origin} where the REST API is ${apiUrl ?? "not set"}`, async () => {
    const asked: string[] = [];
    const { fetch } = globalThis;
    globalThis.fetch = (input): Promise<Response> => {
      asked.push(String(input));
      return Promise.resolve(new Response("", { status: 404 }));
    };
    try {
      await new DiscordPictures({ apiUrl, logger: silentLogger }).fetch("avatars/1/a", never);
    } finally {
      globalThis.fetch = fetch;
    }
    assert.deepEqual(asked, [`${origin}/avatars/1/a.png?size=64`]);
  });
}

/** A server that answers as the test says, and what it was asked for. */
async function withServer(
  answer: () => Response | Promise<Response>,
  work: (origin: string, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    asked.push(`${pathname}${search}`);
    return answer();
  });
  await work(`http://127.0.0.1:${server.addr.port}`, asked);
}
