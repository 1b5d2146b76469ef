import { deepEqual, equal } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { within } from "../support/until.ts";

const ROOT = new URL("../../", import.meta.url);
const GUIDE = Deno.readTextFileSync(new URL("docs/library.md", ROOT));

interface Program extends AsyncDisposable {
  /** What it has said, as soon as that matches. */
  said(pattern: RegExp): Promise<string>;
  /** Ends it like an operator would. */
  stop(): Promise<void>;
}

/** The program that the guide shows under this name. */
function source(name: string): string {
  const block = new RegExp("```ts ignore file=" + name.replace(".", "\\.") + "\\n([\\s\\S]*?)```").exec(
    GUIDE,
  );
  if (block?.[1] === undefined) throw new Error(`docs/library.md does not show ${name}`);
  return block[1];
}

/** Runs a program of the guide, as it stands there. */
async function run(name: string, folder: string): Promise<Program> {
  const file = `${folder}/${name}`;
  await Deno.writeTextFile(file, source(name));
  const args = ["run", "--quiet", "--no-lock", "--config", fileURLToPath(new URL("deno.json", ROOT))];
  const process = new Deno.Command(Deno.execPath(), {
    args: [...args, "--allow-net", "--allow-read", "--allow-write", file, `${folder}/box`],
    stdout: "piped",
    stderr: "inherit",
    env: { NO_COLOR: "1" },
  }).spawn();
  let text = "";
  let heard = Promise.withResolvers<void>();
  const reading = (async (): Promise<void> => {
    for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      heard.resolve();
      heard = Promise.withResolvers();
    }
  })();
  const said = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(text)?.[1];
      if (found !== undefined) return found;
      await within(`${name} to say ${pattern}`, heard.promise);
    }
  };
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    process.kill("SIGTERM");
    equal((await within(`${name} to end`, process.status)).code, 0);
    await reading;
  };
  return { said, stop, [Symbol.asyncDispose]: stop };
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function get(url: string): Promise<unknown> {
  return await within(`the answer to ${url}`, fetch(url).then((response) => response.json()));
}

async function post(url: string, body?: string): Promise<string> {
  const response = await within(
    `the answer to ${url}`,
    fetch(url, { method: "POST", ...(body && { body }) }),
  );
  return await response.text();
}

Deno.test("[D4] docs/library.md: the web-to-server program answers, and remembers after a restart", () =>
  inFolder(async (folder) => {
    let id = "";
    {
      await using program = await run("web_to_server.ts", folder);
      const url = `http://127.0.0.1:${await program.said(/HTTP on (\d+)/)}`;
      id = await post(`${url}/`);
      deepEqual(JSON.parse(await post(`${url}/${id}`, "Hello")), { seq: 1 });
      equal(contents(await get(`${url}/${id}/1`)), "You said: Hello");
    }
    await using again = await run("web_to_server.ts", folder);
    const url = `http://127.0.0.1:${await again.said(/HTTP on (\d+)/)}`;
    equal(contents(await get(`${url}/${id}/0`)), "Hello, You said: Hello");
    equal(
      (await fetch(`${url}/nobody/0`).then(async (r) => [r.status, await r.text()])).join(),
      "404,unknown",
    );
  }));

Deno.test("[D4, O1] docs/library.md: the TCP and long-poll program bridges both ways, also to one who was away", () =>
  inFolder(async (folder) => {
    await using program = await run("tcp_to_http.ts", folder);
    const port = Number(await program.said(/TCP on (\d+)/));
    const url = `http://127.0.0.1:${await program.said(/HTTP on (\d+)/)}`;
    const lines = async (count: number, send: string): Promise<readonly string[]> => {
      using socket = await Deno.connect({ hostname: "127.0.0.1", port });
      await socket.write(new TextEncoder().encode(send));
      let text = "";
      const bytes = new Uint8Array(1_024);
      while (text.split("\n").length <= count) {
        const read = await within("a line", socket.read(bytes));
        if (read === null) break;
        text += new TextDecoder().decode(bytes.subarray(0, read));
      }
      return text.split("\n").slice(0, -1);
    };
    deepEqual(await lines(0, "ada\nfirst\nsecond\n"), []);
    const one = await get(`${url}/0`);
    const [first] = Array.isArray(one) ? one : [];
    const all = await get(`${url}/1`);
    deepEqual([first.text, Array.isArray(all) && all[0].text], ["first", "second"]);
    equal(await post(`${url}/${first.ticket}`, "an answer"), "stored");
    equal(await post(`${url}/${first.ticket}`, "another"), "stored");
    deepEqual(await lines(2, "ada\n"), ["an answer", "another"]);
  }));

function contents(found: unknown): string {
  const messages: unknown = Reflect.get(Object(found), "messages");
  return Array.isArray(messages) ? messages.map(({ content }) => content).join(", ") : "";
}
