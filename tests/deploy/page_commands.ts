/** How a command of docs/deploy.md is known to work. */
export interface Proof {
  /** `deno task test` runs it, or what it starts. */
  readonly test: boolean;
  /** `deno task test:deploy` runs it on a bare Debian. */
  readonly bare: boolean;
  /** Somebody did once, as the page says, or nobody. */
  readonly otherwise: boolean;
}

/** A command as docs/deploy.md has it. */
export interface PageCommand {
  /** Without the words after it. */
  readonly command: string;
  /** What these say. */
  readonly proof: Proof;
  /** The words themselves. */
  readonly words: string;
}

/** Where the page lies. */
export const PAGE = new URL("../../docs/deploy.md", import.meta.url);

/**
 * Reads the commands of the page, in its order.
 *
 * @throws when one does not say how it is known to work
 */
export async function pageCommands(page: string | URL = PAGE): Promise<readonly PageCommand[]> {
  const text = await Deno.readTextFile(page);
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = ""]) =>
    block.trimEnd().split("\n").map(readCommand)
  );
}

function readCommand(line: string): PageCommand {
  const [, command, words = ""] = /^(.*?\S) +# ((?:test|bare|by hand|not run)\b.*)$/.exec(line) ?? [];
  if (command === undefined) throw new Error(`Cannot tell how this command is known to work: ${line}`);
  const otherwise = /^(?:not run|by hand)/.test(words);
  const marks = (words.split(/[;:]/)[0] ?? "").split(", ");
  return {
    command,
    words,
    proof: {
      test: !otherwise && marks.includes("test"),
      bare: !otherwise && marks.includes("bare"),
      otherwise,
    },
  };
}
