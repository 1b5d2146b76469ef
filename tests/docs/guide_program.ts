import { equal } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { within } from "../support/until.ts";

const ROOT = new URL("../../", import.meta.url);
const GUIDE = Deno.readTextFileSync(new URL("docs/library.md", ROOT));

/** A program of the guide while it runs. */
export interface GuideProgram extends AsyncDisposable {
  /** Where it listens for HTTP. */
  readonly url: string;
  /** What it has said, as soon as that matches. */
  said(pattern: RegExp): Promise<string>;
  /** Ends it like an operator would, and waits until it has ended well. */
  stop(): Promise<void>;
  /** Ends it like a power cut. */
  kill(): Promise<void>;
}

/** The program that the guide shows under this name. */
function source(name: string): string {
  const pattern = new RegExp("```ts ignore file=" + name.replace(".", "\\.") + "\\n([\\s\\S]*?)```");
  const program = pattern.exec(GUIDE)?.[1];
  if (program === undefined) throw new Error(`docs/library.md does not show ${name}`);
  return program;
}

/**
 * Runs a program of the guide, as it stands there.
 *
 * @param folder where it keeps its file
 * @param preload a module that is run in its process before it
 */
export async function runGuide(name: string, folder: string, preload?: string): Promise<GuideProgram> {
  const file = `${folder}/${name}`;
  await Deno.writeTextFile(file, source(name));
  const args = [
    "run",
    "--check",
    "--unstable-no-legacy-abort",
    "--quiet",
    "--no-lock",
    "--config",
    fileURLToPath(new URL("deno.json", ROOT)),
  ];
  if (preload !== undefined) args.push("--preload", fileURLToPath(new URL(preload, import.meta.url)));
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
  let ended = false;
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    if (ended) return;
    ended = true;
    process.kill(signal);
    const status = await within(`${name} to end`, process.status);
    await reading;
    if (signal === "SIGTERM") equal(status.code, 0);
  };
  return {
    url: `http://127.0.0.1:${await said(/HTTP on (\d+)/)}`,
    said,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => end("SIGTERM"),
  };
}

/** Runs a test in a folder of its own. */
export async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Asks a program for something, and gives the text of a good answer. */
export async function ask(method: string, url: string, body?: string): Promise<string> {
  const answered = fetch(url, { method, ...(body !== undefined && { body }) });
  const response = await within(`the answer to ${method} ${url}`, answered);
  const text = await response.text();
  equal(response.status, 200, `${method} ${url}: ${text}`);
  return text;
}

/** Does something for each of many, a few at a time. */
export async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items].reverse();
  const worker = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}
