/**
 * The one table of everything that can be configured. Environment variables, `.env`, flags, the type {@link Config}, the help and
 * the README's table all come from here.
 *
 * @module
 */
import { site } from "./site.ts";
import { trustedProxies } from "./trusted_proxies.ts";
import {
  discordApiUrl,
  domain,
  email,
  host,
  httpUrl,
  integer,
  line,
  lines,
  list,
  oneOf,
  path,
  sharedSecret,
  snowflake,
  token,
  type ValueType,
} from "./value_type.ts";

/** One thing that can be configured. */
export interface Option<T> {
  readonly type: ValueType<T>;
  /** The text that counts when none is given. */
  readonly fallback?: string;
  /** The text that counts instead when another key is given. */
  readonly fallbackWith?: { readonly key: string; readonly text: string };
  /** What happens when none is given and there is no text for it. */
  readonly fallbackWords?: string;
  /** Never shown, and readable from a file by `<KEY>_FILE`. */
  readonly secret?: true;
  /** What it is for, in one line. */
  readonly help: string;
}

/** An option that may stay unset. */
export type OptionalOption<T> = Option<T> & { readonly fallback?: never };
/** An option that always has a value. */
export type DefaultedOption<T> = Option<T> & { readonly fallback: string };

// Keeps an option's value type while the table below is checked against Option.
function option<T>(option: DefaultedOption<T>): DefaultedOption<T>;
function option<T>(option: OptionalOption<T>): OptionalOption<T>;
function option<T>(option: Option<T>): Option<T> {
  return option;
}

const LARGEST_LIMIT = 1_000_000_000;
const limit = integer(0, LARGEST_LIMIT, `a whole number from 0 (no limit) to ${LARGEST_LIMIT}`);

/** The options by the name of their environment variable. */
export const OPTIONS = {
  HOST: option({ type: host, fallback: "0.0.0.0", help: "Address to listen on" }),
  PORT: option({
    type: integer(0, 65535),
    fallback: "8000",
    fallbackWith: { key: "DOMAIN", text: "443" },
    fallbackWords: "`8000`; `443` with `DOMAIN`",
    help: "Port to listen on; 0 takes any free one",
  }),
  DATABASE_PATH: option({ type: path, fallback: "./chatbox50.db", help: "The SQLite file" }),
  DISCORD_TOKEN: option({
    type: token,
    secret: true,
    fallbackWords: "none; the server explains how to get one",
    help: "The bot's token",
  }),
  DISCORD_CHANNEL_ID: option({
    type: snowflake,
    fallbackWords: "the forum or text channel named `chatbox50`",
    help: "Where threads are made",
  }),
  DISCORD_API_URL: option({
    type: discordApiUrl,
    fallback: "https://discord.com/api",
    help: "REST base; the gateway's address comes from there",
  }),
  THREAD_ON: option({
    type: oneOf("message", "access"),
    fallback: "message",
    help: "Make the thread at the visitor's first message, or already when the chat is opened",
  }),
  NOTE_PREFIX: option({
    type: line(20),
    fallback: "//",
    help: "A staff message that begins so, or forwards one, stays in Discord",
  }),
  STAFF_ROLE: option({
    type: line(100),
    fallbackWords: "none: everybody who may write in the channel",
    help: "Role (id or name) of those who answer; what others write in a thread stays in Discord",
  }),
  REOPEN: option({
    type: oneOf("message", "staff"),
    fallback: "message",
    help: "What opens a closed conversation again: the visitor's next message, or only staff",
  }),
  DISCORD_PERSONA: option({
    type: oneOf("bot", "webhook"),
    fallback: "bot",
    help: "Who speaks for visitors in Discord: the bot, or a webhook under their names",
  }),
  PUBLIC_URL: option({
    type: httpUrl,
    fallbackWords: "none",
    help:
      "The address visitors use: in links, and the only name whose pages may open a WebSocket (beside this machine's numbers and localhost)",
  }),
  ALLOWED_SITES: option({
    type: list(site, 1000),
    fallbackWords: "none: only our own pages",
    help: "Sites that may frame the widget",
  }),
  DOMAIN: option({
    type: domain,
    fallbackWords: "none: plain HTTP, or TLS_CERT",
    help: "Serve HTTPS under this name, with a certificate that is fetched and renewed by itself (ACME)",
  }),
  ACME_EMAIL: option({
    type: email,
    fallbackWords: "none",
    help: "Whom the certificate authority may write to",
  }),
  ACME_DIRECTORY_URL: option({
    type: httpUrl,
    fallback: "https://acme-v02.api.letsencrypt.org/directory",
    help: "The certificate authority; using it means agreeing to its terms of service",
  }),
  ACME_HTTP_PORT: option({
    type: integer(0, 65535),
    fallback: "80",
    help: "With DOMAIN: where the authority looks for the proof, and browsers are sent on to HTTPS",
  }),
  TLS_CERT: option({
    type: path,
    fallbackWords: "none: plain HTTP",
    help: "Serve HTTPS with this certificate chain (PEM); read again when it changes",
  }),
  TLS_KEY: option({
    type: path,
    fallbackWords: "none",
    help: "The private key (PEM) of TLS_CERT",
  }),
  IDENTITY_SECRET: option({
    // RFC 7518 section 3.2: a key for HS256 has at least 256 bits
    type: sharedSecret(32),
    secret: true,
    fallbackWords: "none; nobody can sign in",
    help: "Shared with the site's server, which signs who its visitors are (JWT, HS256)",
  }),
  TRUST_PROXY: option({
    type: trustedProxies,
    fallback: "loopback",
    help: "Whose X-Forwarded-For is believed; the right-most address not trusted is the client",
  }),
  MAX_CONNECTIONS: option({
    type: integer(1, LARGEST_LIMIT),
    fallbackWords: "from the open-file limit",
    help: "WebSockets at the same time",
  }),
  MAX_CONNECTIONS_PER_IP: option({
    type: limit,
    fallback: "20",
    help: "WebSockets at the same time from one IPv4 address or IPv6 /64; 0 turns the limit off",
  }),
  LIMIT_MESSAGES: option({
    type: limit,
    fallback: "60",
    help: "Messages of a visitor in a minute; 0 turns the limit off",
  }),
  LIMIT_FRAMES: option({
    type: limit,
    fallback: "600",
    help: "WebSocket frames of a visitor in a minute; 0 turns the limit off",
  }),
  LIMIT_SESSIONS: option({
    type: limit,
    fallback: "60",
    help: "New conversations from an address in an hour; 0 turns the limit off",
  }),
  LIMIT_UPLOADS: option({
    type: limit,
    fallback: "60",
    help: "Uploads of a visitor in an hour; 0 turns the limit off",
  }),
  MAX_TRANSFERS: option({
    type: limit,
    fallback: "10",
    help:
      "Uploads of a visitor at the same time; an address may have twice as many, and so many downloads; " +
      "0 turns the limit off",
  }),
  TRANSFER_SECONDS: option({
    type: integer(1, 86_400),
    fallback: "900",
    help: "How long an upload or a download may take",
  }),
  MAX_UNSENT_MIB: option({
    type: limit,
    fallback: "1000",
    help:
      "Uploads that no message has named yet, in MiB; a visitor may have a tenth of it, an address a quarter, " +
      "and bring as much in an hour; 0 turns the limit off",
  }),
  KEEP_FREE_MIB: option({
    type: limit,
    fallback: "500",
    help: "What visitors' uploads leave free of the disk for the database, in MiB; 0 turns the limit off",
  }),
  RETENTION_DAYS: option({
    type: integer(1, 36_500),
    fallbackWords: "none: everything is kept",
    help: "Remove messages, files and idle conversations that are older than this many days",
  }),
  METRICS_TOKEN: option({
    // What can be guessed is no secret, and the redactor passes over what may stand in ordinary words.
    type: sharedSecret(16),
    secret: true,
    fallbackWords: "none: loopback only",
    help: "Who sends it as a bearer token may read /metrics from elsewhere",
  }),
  SYSTEMD_NOTIFY: option({
    type: oneOf("off", "stdout"),
    fallback: "off",
    help:
      "Tell systemd when ready and alive, on standard output, which the unit in docs/deploy connects to it",
  }),
  NAME: option({ type: line(80), fallback: "ChatBox50", help: "What the page is called" }),
  GREETING: option({ type: lines(2000), fallbackWords: "none", help: "What the page says first" }),
  LOG_LEVEL: option({
    type: oneOf("debug", "info", "warn", "error"),
    fallback: "info",
    help: "What is logged: this and everything more severe",
  }),
  LOG_FORMAT: option({
    type: oneOf("pretty", "json"),
    fallbackWords: "`pretty` on a terminal, else `json`",
    help: "How it is logged: for people, or one JSON object a line",
  }),
};

/** The name of an option's environment variable. */
export type OptionKey = keyof typeof OPTIONS;

/** Every option's key, in the order of the table. */
export const OPTION_KEYS = Object.keys(OPTIONS) as readonly OptionKey[];

type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;
type ValueOf<O> = O extends { readonly fallback: string; readonly type: ValueType<infer T> } ? T
  : O extends { readonly type: ValueType<infer T> } ? T | undefined
  : never;

/** The configuration: `HOST` is `host`, `DATABASE_PATH` is `databasePath`; what is unset is `undefined`. */
export type Config = {
  readonly [K in OptionKey as CamelCase<Lowercase<K>>]: ValueOf<typeof OPTIONS[K]>;
};

/** The flag of a key: `DATABASE_PATH` is `database-path`. */
export const flagOf = (key: string): string => key.toLowerCase().replaceAll("_", "-");

/** The property of a key: `DATABASE_PATH` is `databasePath`. */
export const propertyOf = (key: string): string =>
  key.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
