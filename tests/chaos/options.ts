import { parseArgs } from "node:util";

/** How visitors are shown in Discord, see `DISCORD_PERSONA`. */
export type Persona = "bot" | "webhook";

/** What a run is made of. */
export interface ChaosOptions {
  /** Decides traffic and misfortune. */
  readonly seed: number;
  /** How long there is traffic. */
  readonly minutes: number;
  readonly conversations: number;
  /** How visitors are shown in Discord; when left out by a webhook for an even seed, else by the bot. */
  readonly persona?: Persona;
  /** How long both sides may take to agree once the misfortune has stopped, in seconds. */
  readonly patience: number;
  /** An existing folder for the whole transcript, the log and the database. */
  readonly keep?: string;
}

const DEFAULTS = { minutes: "3", conversations: "200", patience: "150" };

/**
 * Reads the options: flags first, then `CHAOS_SEED` and the like, then the defaults. Without a seed, any.
 *
 * @param args the command line's
 * @param env gives an environment variable
 * @throws {RangeError} for a value that is no number above zero, or no persona
 */
export function readOptions(
  args: readonly string[],
  env: (key: string) => string | undefined,
): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string" },
      minutes: { type: "string" },
      conversations: { type: "string" },
      patience: { type: "string" },
      persona: { type: "string" },
      keep: { type: "string" },
    },
  });
  const read = (key: "seed" | "minutes" | "conversations" | "patience", fallback: string): number => {
    const text = values[key] ?? env(`CHAOS_${key.toUpperCase()}`) ?? fallback;
    const value = Number(text);
    if (!(value > 0)) throw new RangeError(`Cannot use --${key} ${text}: it must be a number above 0`);
    return value;
  };
  const { persona = env("CHAOS_PERSONA") } = values;
  if (persona !== undefined && persona !== "bot" && persona !== "webhook") {
    throw new RangeError(`Cannot use --persona ${persona}: it must be bot or webhook`);
  }
  return {
    seed: Math.floor(read("seed", String(1 + Math.floor(Math.random() * 1e9)))),
    minutes: read("minutes", DEFAULTS.minutes),
    conversations: Math.ceil(read("conversations", DEFAULTS.conversations)),
    patience: read("patience", DEFAULTS.patience),
    ...(persona !== undefined && { persona }),
    ...(values.keep !== undefined && { keep: values.keep }),
  };
}
