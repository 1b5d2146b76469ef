import { deepEqual, equal } from "node:assert/strict";
import { within } from "../support/until.ts";
import { ask, forEach, type GuideProgram, inFolder, runGuide } from "./guide_program.ts";

const NAME = "web_to_server.ts";

interface Shown {
  readonly seq: number;
  readonly content: string;
}

/** All messages of a conversation, as a browser asks for them: a page at a time, until so many are there. */
async function everything({ url }: GuideProgram, id: string, count: number): Promise<readonly Shown[]> {
  const all: Shown[] = [];
  while (all.length < count) {
    const page: Shown[] = JSON.parse(await ask("GET", `${url}/${id}/${all.at(-1)?.seq ?? 0}`));
    equal(page.length <= 100, true);
    all.push(...page);
  }
  return all;
}

Deno.test("[D1, D4] docs/library.md: web_to_server answers 1,000 messages once, with a kill -9 between them", () =>
  inFolder(async (folder) => {
    const texts = Array.from({ length: 1_000 }, (_, index) => `message ${index}`);
    let id = "";
    {
      await using program = await runGuide(NAME, folder);
      id = await ask("POST", `${program.url}/`);
      equal(await ask("POST", `${program.url}/${id}`, "Hello"), JSON.stringify({ seq: 1 }));
      deepEqual((await everything(program, id, 2)).map(({ content }) => content), [
        "Hello",
        "You said: Hello",
      ]);
      await forEach(texts, async (text) => void await ask("POST", `${program.url}/${id}`, text));
      await program.kill();
    }
    await using again = await runGuide(NAME, folder);
    const all = await everything(again, id, 2 * texts.length + 2);
    deepEqual(all.map(({ seq }) => seq), all.map((_, index) => index + 1));
    const contents = all.slice(2).map(({ content }) => content).sort();
    deepEqual(contents, [...texts, ...texts.map((text) => `You said: ${text}`)].sort());
  }));

Deno.test("[D6] docs/library.md: web_to_server ends by SIGTERM with a poll open, which is answered", () =>
  inFolder(async (folder) => {
    await using program = await runGuide(NAME, folder, "count_subscriptions.ts");
    const id = await ask("POST", `${program.url}/`);
    const poll = ask("GET", `${program.url}/${id}/0`);
    await program.said(/(1) subscriptions/);
    await program.stop();
    equal(await poll, "[]");
  }));

Deno.test("docs/library.md: web_to_server lets go of a poll whose browser has gone", () =>
  inFolder(async (folder) => {
    await using program = await runGuide(NAME, folder, "count_subscriptions.ts");
    const id = await ask("POST", `${program.url}/`);
    const leaving = new AbortController();
    const poll = fetch(`${program.url}/${id}/0`, { signal: leaving.signal }).catch((error) => error.name);
    await program.said(/(1) subscriptions/);
    leaving.abort();
    equal(await within("the poll to be given up", poll), "AbortError");
    await program.said(/1 subscriptions\n(0) subscriptions/);
  }));

Deno.test("docs/library.md: web_to_server says what is wrong with a request", () =>
  inFolder(async (folder) => {
    await using program = await runGuide(NAME, folder);
    const id = await ask("POST", `${program.url}/`);
    const answer = async (path: string): Promise<readonly [number, string]> => {
      const response = await within(`the answer to ${path}`, fetch(`${program.url}/${path}`));
      return [response.status, await response.text()];
    };
    deepEqual(await answer("nobody/0"), [404, "unknown"]);
    deepEqual(await answer(`${id}/soon`), [
      400,
      "Cannot read messages: after is NaN, allowed are whole numbers from 0",
    ]);
  }));
