/** Keeps a simulator's state in a file, so that `deno task dev` continues where it stopped. */
import type { DiscordSimulator } from "./simulator.ts";
import type { GuildData } from "./state.ts";

/** After a change, others may follow for this long before the file is written. */
const SAVE_PAUSE_MS = 300;

/**
 * @param path of a file that {@link StateFile} wrote
 * @returns what it holds; undefined when there is none
 * @throws {Error} when it can't be read or is of another version
 */
export async function loadState(path: string): Promise<GuildData | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const data = JSON.parse(text) as GuildData;
  if (data.version !== 1) throw new Error(`Cannot read ${path}: its version is ${data.version}, known is 1`);
  return data;
}

/** Saves a simulator's state whenever it has changed. */
export class StateFile {
  readonly #path: string;
  readonly #discord: DiscordSimulator;
  readonly #stop: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param path of the file, whose folder must be there
   * @param discord whose state
   */
  constructor(path: string, discord: DiscordSimulator) {
    this.#path = path;
    this.#discord = discord;
    this.#stop = discord.onChange(() => {
      this.#timer ??= setTimeout(() => this.save(), SAVE_PAUSE_MS);
    });
  }

  /** Writes it now: a new file first, so that there is always a whole one. */
  save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const draft = `${this.#path}.new`;
    Deno.writeTextFileSync(draft, JSON.stringify(this.#discord.snapshot()));
    Deno.renameSync(draft, this.#path);
  }

  /** Writes it a last time and stops. */
  close(): void {
    this.#stop();
    this.save();
  }
}
