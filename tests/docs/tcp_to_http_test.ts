import { deepEqual, equal } from "node:assert/strict";
import { within } from "../support/until.ts";
import { ask, type GuideProgram, inFolder, runGuide } from "./guide_program.ts";

const NAME = "tcp_to_http.ts";

interface Taken {
  readonly ticket: string;
  readonly seq: number;
  readonly text: string;
}

/** Connects, sends, and reads so many lines. */
async function converse(program: GuideProgram, send: string, count: number): Promise<readonly string[]> {
  const port = Number(await program.said(/TCP on (\d+)/));
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  const bytes = new TextEncoder().encode(send);
  for (let sent = 0; sent < bytes.length;) sent += await socket.write(bytes.subarray(sent));
  let text = "";
  const buffer = new Uint8Array(1_024);
  while (text.split("\n").length <= count) {
    const read = await within("a line", socket.read(buffer));
    if (read === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, read));
  }
  return text.split("\n").slice(0, -1);
}

async function poll({ url }: GuideProgram): Promise<readonly Taken[]> {
  return JSON.parse(await ask("GET", `${url}/`));
}

async function take({ url }: GuideProgram, messages: readonly Taken[]): Promise<void> {
  const last = messages.at(-1);
  equal(await ask("DELETE", `${url}/${last?.ticket}/${last?.seq}`), "taken in");
}

/** Takes so many messages in. */
async function takeAll(program: GuideProgram, count: number): Promise<readonly Taken[]> {
  const all: Taken[] = [];
  while (all.length < count) {
    const messages = await poll(program);
    all.push(...messages);
    await take(program, messages);
  }
  return all;
}

Deno.test("[D4, O1] docs/library.md: tcp_to_http bridges both ways, also to one who was away", () =>
  inFolder(async (folder) => {
    await using program = await runGuide(NAME, folder);
    deepEqual(await converse(program, "ada\nfirst\nsecond\n", 0), []);
    const all = await takeAll(program, 2);
    deepEqual(all.map(({ seq, text }) => [seq, text]), [[1, "first"], [2, "second"]]);
    const [ticket] = all.map(({ ticket }) => ticket);
    equal(await ask("POST", `${program.url}/${ticket}`, "an answer\nof two lines"), "stored");
    equal(await ask("POST", `${program.url}/${ticket}`, "another"), "stored");
    deepEqual(await converse(program, "ada\n", 2), ["an answer of two lines", "another"]);
    const unknown = await fetch(`${program.url}/${crypto.randomUUID()}`, { method: "POST", body: "x" });
    deepEqual([unknown.status, await unknown.text()], [404, "unknown"]);
  }));

Deno.test("[D1, D4] docs/library.md: tcp_to_http hands 1,000 lines on once, with a kill -9 between them", () =>
  inFolder(async (folder) => {
    const texts = Array.from({ length: 1_000 }, (_, index) => `message ${index}`);
    const all: Taken[] = [];
    {
      await using program = await runGuide(NAME, folder);
      const talking = converse(program, `ada\n${texts.join("\n")}\n`, 1);
      const first = await poll(program);
      deepEqual(await poll(program), first);
      all.push(...await takeAll(program, 500));
      await program.kill();
      // Ended by the kill, in whatever way.
      await talking.catch(() => {});
    }
    await using again = await runGuide(NAME, folder);
    // What waits comes before what is sent now. Of the last lines, some may never have been read from the socket.
    await converse(again, "ada\nend\n", 0);
    while (all.at(-1)?.text !== "end") all.push(...await takeAll(again, 1));
    deepEqual(all.map(({ seq }) => seq), all.map((_, index) => index + 1));
    deepEqual(all.slice(0, -1).map(({ text }) => text), texts.slice(0, all.length - 1));
    await converse(again, `bob\n${texts.join("\n")}\n`, 0);
    deepEqual((await takeAll(again, texts.length)).map(({ text }) => text), texts);
  }));

Deno.test("[D6] docs/library.md: tcp_to_http ends by SIGTERM with a poll open and messages not taken in", () =>
  inFolder(async (folder) => {
    {
      await using program = await runGuide(NAME, folder);
      const idle = ask("GET", `${program.url}/`);
      await converse(program, "ada\nfirst\n", 0);
      equal(JSON.parse(await idle).length, 1);
      await program.stop();
    }
    await using again = await runGuide(NAME, folder);
    const all = await takeAll(again, 1);
    deepEqual(all.map(({ text }) => text), ["first"]);
    const open = ask("GET", `${again.url}/`);
    await ask("DELETE", `${again.url}/${all[0]?.ticket}/1`);
    await again.stop();
    equal(await open, "[]");
  }));
