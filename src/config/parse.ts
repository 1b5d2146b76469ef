import { ConfigError, didYouMean, quote, reasonOf } from "./config_error.ts";
import { parseDotenv } from "./dotenv.ts";
import { parseFlags } from "./flags.ts";
import {
  type Config,
  flagOf,
  type Option,
  OPTION_KEYS,
  type OptionKey,
  OPTIONS,
  propertyOf,
} from "./options.ts";

/** Everything the configuration is made of. */
export interface ConfigInput {
  /** The arguments after the command. */
  readonly args: readonly string[];
  /** The environment; what is not ours in it is passed over. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the file of settings contains, if there is one. */
  readonly dotenv?: string | undefined;
  /** How messages call that file; `.env` when left out. */
  readonly dotenvName?: string | undefined;
  /** Reads a text file, for `*_FILE`; throws when it cannot. */
  readonly readFile: (path: string) => string;
}

interface Source {
  /** How a message calls the setting of a key there: `PORT (flag --port)`. */
  readonly describe: (key: string) => string;
  readonly get: (key: string) => string | undefined;
}

interface Setting {
  readonly text: string;
  readonly origin: string;
}

const FILE_SUFFIX = "_FILE";
const isSecret = (key: OptionKey): boolean => (OPTIONS[key] as Option<unknown>).secret === true;

/** Every key that may be given: those of the table and `<KEY>_FILE` for secrets. */
export const SETTABLE_KEYS: readonly string[] = OPTION_KEYS.flatMap((key) =>
  isSecret(key) ? [key, `${key}${FILE_SUFFIX}`] : [key]
);

/** The flag that names a file of settings to read instead of `.env`, without the dashes. */
export const CONFIG_FLAG = "config";

/** The flags of all those keys, and that of a file of settings, without the dashes. */
export const SETTABLE_FLAGS: readonly string[] = [...SETTABLE_KEYS.map(flagOf), CONFIG_FLAG];

/**
 * Makes the configuration: a flag counts before the environment, that before the file, that before the default. An empty value counts as
 * unset.
 *
 * @param input Where the settings come from; nothing else is looked at
 * @returns The complete configuration
 * @throws {UsageError} On a command line with anything else than settings
 * @throws {ConfigError} With everything else that is unknown or not allowed
 */
export function parseConfig(input: ConfigInput): Config {
  const problems = new Problems();
  const sources = [
    flagSource(input.args),
    environmentSource(input.env),
    dotenvSource(input.dotenv ?? "", input.dotenvName ?? ".env", problems),
  ];
  const values: Record<string, unknown> = {};
  for (const key of OPTION_KEYS) {
    const option: Option<unknown> = OPTIONS[key];
    values[propertyOf(key)] = problems.collect(() => {
      const setting = find(key, sources, input.readFile) ?? fallbackOf(key, option, sources);
      return setting === undefined ? undefined : parseValue(option, setting);
    });
  }
  problems.demandNone();
  checkTogether(values);
  return values as Config;
}

/** What is wrong, all of it: an operator wants to mend everything at once. */
class Problems {
  readonly #found: ConfigError[] = [];

  /** @returns what the work gives; `undefined` when it finds something wrong */
  collect<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.add(error);
      return undefined;
    }
  }

  /** Keeps something wrong. */
  add(problem: ConfigError): void {
    this.#found.push(problem);
  }

  /** @throws {ConfigError} when something was wrong */
  demandNone(): void {
    const [first, ...more] = this.#found;
    if (first === undefined) return;
    throw new ConfigError(first.message, { cause: first.cause, more: more.map(({ message }) => message) });
  }
}

function fallbackOf(
  key: OptionKey,
  { fallback, fallbackWith }: Option<unknown>,
  sources: readonly Source[],
): Setting | undefined {
  if (fallbackWith !== undefined && sources.some(({ get }) => get(fallbackWith.key)?.trim())) {
    return { text: fallbackWith.text, origin: `${key} (default with ${fallbackWith.key})` };
  }
  return fallback === undefined ? undefined : { text: fallback, origin: `${key} (default)` };
}

/** What each key allows by itself may still not go together. */
function checkTogether({ tlsCert, tlsKey, domain }: Readonly<Record<string, unknown>>): void {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new ConfigError("TLS_CERT and TLS_KEY belong together: give both, or none of them");
  }
  if (tlsCert !== undefined && domain !== undefined) {
    throw new ConfigError("DOMAIN and TLS_CERT exclude each other: the certificate is fetched, or a file");
  }
}

function flagSource(args: readonly string[]): Source {
  const flags = parseFlags(args, SETTABLE_FLAGS);
  return { describe: (key) => `${key} (flag --${flagOf(key)})`, get: (key) => flags.get(flagOf(key)) };
}

function environmentSource(env: ConfigInput["env"]): Source {
  return {
    describe: (key) => `${key} (environment)`,
    get: (key) => env[key],
  };
}

function dotenvSource(text: string, name: string, problems: Problems): Source {
  const { entries, problems: found } = parseDotenv(text, name);
  for (const problem of found) problems.add(problem);
  for (const [key, { line }] of entries) {
    if (SETTABLE_KEYS.includes(key)) continue;
    const guess = didYouMean(key.toUpperCase(), SETTABLE_KEYS) || "; see --help for the keys that exist";
    problems.add(new ConfigError(`${name} line ${line} sets unknown key ${quote(key)}${guess}`));
  }
  return {
    describe: (key) => `${key} (${name} line ${entries.get(key)?.line})`,
    get: (key) => entries.get(key)?.value,
  };
}

function find(
  key: OptionKey,
  sources: readonly Source[],
  readFile: ConfigInput["readFile"],
): Setting | undefined {
  for (const { get, describe } of sources) {
    const text = get(key)?.trim() || undefined;
    const file = isSecret(key) ? get(`${key}${FILE_SUFFIX}`)?.trim() || undefined : undefined;
    if (text !== undefined && file !== undefined) {
      throw new ConfigError(
        `${describe(key)} and ${describe(key + FILE_SUFFIX)} are both given; keep one of them`,
      );
    }
    if (text !== undefined) return { text, origin: describe(key) };
    if (file !== undefined) return fromFile(file, describe(`${key}${FILE_SUFFIX}`), readFile);
  }
  return undefined;
}

function fromFile(file: string, setting: string, readFile: ConfigInput["readFile"]): Setting {
  let text: string;
  try {
    text = readFile(file).trim();
  } catch (error) {
    throw new ConfigError(`${setting} names ${quote(file)}, which cannot be read: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  if (text === "") throw new ConfigError(`${setting} names ${quote(file)}, which is empty`);
  return { text, origin: `${setting} names ${quote(file)}, whose content` };
}

function parseValue(option: Option<unknown>, { text, origin }: Setting): unknown {
  const value = option.type.parse(text);
  if (value !== undefined) return value;
  const shown = option.secret ? "has a value that is not allowed" : `is ${quote(text)}`;
  throw new ConfigError(`${origin} ${shown}; allowed: ${option.type.allowed}`);
}
