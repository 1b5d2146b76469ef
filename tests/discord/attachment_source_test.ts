import assert from "node:assert/strict";
import { DiscordUnreachable } from "../../src/discord/errors.ts";
import { fetchAttachment, ForeignAddressError } from "../../src/discord/files/attachment_source.ts";
import { scene } from "./scene.ts";

const never = new AbortController().signal;

/** A server that answers as the test says, and the addresses that were asked for. */
async function withServer(
  answer: (url: URL) => Response,
  work: (origin: string, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const url = new URL(request.url);
    asked.push(url.pathname);
    return answer(url);
  });
  await work(`http://127.0.0.1:${server.addr.port}`, asked);
}

async function failureOf(url: string, apiUrl?: string, timeoutMs = 5_000): Promise<unknown> {
  try {
    const body = await fetchAttachment(url, { apiUrl, timeoutMs, signal: never });
    await new Response(body).text();
  } catch (error) {
    return error;
  }
  throw new Error(`${url} was fetched`);
}

Deno.test("[S3] fetchAttachment asks no address that is neither Discord's nor the configured server's", async () => {
  await withServer(() => new Response("secret"), async (origin, asked) => {
    const { port } = new URL(origin);
    const other = "https://chat.example/api";
    for (
      const [url, apiUrl] of [
        [`${origin}/a`, undefined],
        [`${origin}/a`, other],
        [`http://localhost:${port}/a`, origin],
        [`http://127.0.0.1:1/a`, origin],
        ["http://cdn.discordapp.com/a", undefined],
        ["https://cdn.discordapp.com:8443/a", undefined],
        ["https://cdn.discordapp.com.evil.example/a", undefined],
        ["https://evil.example/cdn.discordapp.com", undefined],
        [`${origin.replace("//", "//me:secret@")}/a`, origin],
        ["http://chat.example/a", other],
        ["file:///etc/passwd", undefined],
        ["data:text/plain,x", undefined],
      ] as const
    ) {
      const error = await failureOf(url, apiUrl);
      assert.ok(error instanceof ForeignAddressError, `${url}: ${error}`);
    }
    assert.deepEqual(asked, []);
  });
});

Deno.test("[S3] fetchAttachment follows a server to its own addresses only, and not for ever", async () => {
  await withServer((url) => {
    if (url.pathname === "/there") return new Response("the file");
    const to = url.searchParams.get("to") ?? "/loop";
    return new Response(null, { status: 302, headers: { location: to } });
  }, async (origin, asked) => {
    const options = { apiUrl: `${origin}/api`, timeoutMs: 5_000, signal: never };
    const body = await fetchAttachment(`${origin}/here?to=/there`, options);
    assert.equal(await new Response(body).text(), "the file");
    asked.length = 0;
    for (const to of ["http://127.0.0.1:1/x", "https://evil.example/x", "file:///etc/passwd"]) {
      const error = await failureOf(`${origin}/here?to=${encodeURIComponent(to)}`, origin);
      assert.ok(error instanceof ForeignAddressError, String(error));
    }
    assert.equal(asked.length, 3);
    assert.ok(await failureOf(`${origin}/loop`, origin) instanceof DiscordUnreachable);
    assert.equal(asked.length, 7);
  });
});

Deno.test("[S5] fetchAttachment tells neither the signature nor the name when it fails", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = cutAnswer(listener);
  await withServer(() => new Response("no", { status: 404 }), async (origin) => {
    const cut = `http://127.0.0.1:${listener.addr.port}`;
    for (const url of [`${cut}/cut`, `${origin}/missing`, "http://127.0.0.1:1/refused"]) {
      const error = await failureOf(`${url}/plan-name.txt?ex=1&hm=SIGNATURE`, new URL(url).origin);
      assert.ok(error instanceof DiscordUnreachable, String(error));
      assert.match(error.message, /^Cannot copy an attachment: /);
      assert.doesNotMatch(Deno.inspect(error, { depth: 9 }), /SIGNATURE|plan-name/);
    }
  });
  await served;
});

/** Promises 100 bytes, gives four, and hangs up. */
async function cutAnswer(listener: Deno.Listener): Promise<void> {
  using connection = await listener.accept();
  await connection.read(new Uint8Array(4096));
  const answer = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
  await connection.write(new TextEncoder().encode(answer));
}

Deno.test("fetchAttachment waits no longer than it may", async () => {
  const held = Promise.withResolvers<Response>();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => held.promise,
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const error = await failureOf(`${origin}/a`, origin, 50);
  held.resolve(new Response());
  assert.match(String(error), /does not answer within 0.05 s/);
});

Deno.test("[S5] Inbox logs no address of an attachment, and names one that is elsewhere without asking", async () => {
  await scene(async ({ visitor, thread, alice, discord, bridge }) => {
    await withServer(() => new Response("not Discord's"), async (elsewhere, asked) => {
      discord.world.cdnOrigin = elsewhere;
      alice.say(thread, "Here", { files: [{ name: "secret-plan.txt", data: "x" }] });
      const [heard] = await visitor.untilHeard(1);
      assert.equal(heard?.content, "Here\n[secret-plan.txt]");
      assert.deepEqual(asked, []);
      const lines = bridge.log.filter(({ message }) => message === "An attachment could not be copied");
      assert.equal(lines.length, 1);
      assert.doesNotMatch(Deno.inspect(lines, { depth: 9 }), /secret-plan|hm=/);
      assert.match(Deno.inspect(lines, { depth: 9 }), /cdn\.discordapp\.com/);
      // Where it should be, and nobody has it.
      discord.world.cdnOrigin = discord.url;
      discord.world.files.clear();
      alice.say(thread, "There", { files: [{ name: "other-plan.txt", data: "x" }] });
      discord.world.files.clear();
      await visitor.untilHeard(2);
      assert.doesNotMatch(Deno.inspect(bridge.log, { depth: 9 }), /other-plan|hm=/);
      assert.ok(bridge.log.some(({ fields }) => String(fields.reason).includes("Discord answers 404")));
    });
  });
});
