import { dirname } from "node:path";
import type { Config } from "../config.ts";
import { systemClock } from "../core/mod.ts";
import { DiscordInspection, DiscordUnreachable, isSnowflake } from "../discord/mod.ts";
import { StartError, type StartErrorReason } from "../start_error.ts";
import { findDamage, isServed } from "../storage/mod.ts";
import {
  type CommandContext,
  type CommandOutcome,
  explainDamage,
  formatBytes,
  openArchive,
  plainReason,
} from "./command.ts";
import { preflights } from "./preflight.ts";
import { describeKept } from "./tls/describe_kept.ts";
import { CERTIFICATE_KEYS } from "./tls/kept_certificate.ts";

/** How a line begins: `warn` is no reason against a start. */
type Mark = "ok" | "warn" | "FAIL" | "-";
/** What was found of the database. */
interface DatabaseFinding {
  readonly served: boolean;
  /** What it keeps of certificates; `undefined` when it cannot be used. */
  readonly certificates: ReadonlyMap<string, Uint8Array> | undefined;
}
type Report = (ok: boolean | "warn", subject: string, detail: string, reason?: StartErrorReason) => void;

/**
 * Looks at everything a start needs, a line for each: `ok`, or `FAIL` or `warn` and what to do. Changes nothing, and disturbs no running server.
 *
 * @returns the first reason why a start would fail
 * @throws the signal's reason
 */
export async function check(context: CommandContext): CommandOutcome {
  const { config } = context;
  let worst: StartErrorReason | undefined;
  const report: Report = (ok, subject, detail, reason = "config") => {
    if (!ok) worst ??= reason;
    context.print(line(ok === "warn" ? ok : ok ? "ok" : "FAIL", subject, detail));
  };
  // It was read already, or there would be no check.
  report(true, "Configuration", "every setting is known and allowed");
  const { served, certificates } = await checkDatabase(context, report);
  checkMachine(config, served, report);
  checkKeptCertificate(context, certificates, report);
  await checkDiscord(context, report);
  return worst;
}

/**
 * Says what is wrong with the configuration, a line for each thing. What else a start needs depends on it.
 *
 * @param print Writes to standard output
 * @param problems What is wrong
 */
export function checkMisconfigured(print: CommandContext["print"], problems: readonly string[]): void {
  for (const problem of problems) print(line("FAIL", "Configuration", problem));
  print(line("-", "Database, address, Discord", "not looked at before the configuration is right"));
}

function line(mark: Mark, subject: string, detail: string): string {
  return `${mark.padEnd(4)}  ${subject}: ${detail}\n`;
}

async function checkDatabase(context: CommandContext, report: Report): Promise<DatabaseFinding> {
  const { config: { databasePath: path }, signal } = context;
  try {
    const size = fileSize(path);
    // As a start does: it fills an empty file.
    if (size === undefined || size === 0) {
      demandWritable(dirname(path));
      const empty = size === 0 ? ", which is empty," : "";
      report(true, "Database", `${path}${empty} will be made at the first start`);
      return { served: false, certificates: new Map() };
    }
    const served = isServed(path);
    using archive = openArchive(context.config, "copy");
    const { conversations, bytes } = archive.stats();
    const certificates = archive.values(CERTIFICATE_KEYS);
    if (!served) demandWritable(dirname(path));
    // A start looks at the pages of a small one only: here is time for all.
    context.progress(`Looking at every page of ${path}, ${formatBytes(bytes)} ...`);
    await findDamage(path, signal);
    context.progress("");
    const user = served ? ", a server is using it" : "";
    report(true, "Database", `${path}, ${conversations} conversations, ${formatBytes(bytes)}${user}`);
    return { served, certificates };
  } catch (cause) {
    signal.throwIfAborted();
    context.progress("");
    const error = explainDamage(cause);
    if (error instanceof StartError) report(false, "Database", error.message, error.reason);
    else if (error instanceof Error) {
      report(
        false,
        "Database",
        `Cannot use ${path}: ${plainReason(error)}; its folder must exist and be writable`,
        "cannotCreate",
      );
    } else throw error;
    return { served: false, certificates: undefined };
  }
}

function checkMachine(config: Config, served: boolean, report: Report): void {
  for (const { subject, whileServed, look, doubt } of preflights(config)) {
    try {
      const detail = look();
      const found = doubt?.(systemClock.now());
      if (found === undefined) report(true, subject, detail);
      else report(found.certain ? false : "warn", subject, found.detail);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      const taken = served && error.cause instanceof Deno.errors.AddrInUse;
      if (taken && whileServed !== undefined) report(true, subject, whileServed);
      else report(false, subject, error.message, error.reason);
    }
  }
}

/** Where the files of a certificate are named instead, {@link checkMachine} looks at them. */
function checkKeptCertificate(
  { config, print }: CommandContext,
  certificates: DatabaseFinding["certificates"],
  report: Report,
): void {
  const { acmeDirectoryUrl: directoryUrl, domain } = config;
  if (domain === undefined) return;
  if (certificates === undefined) {
    print(line("-", "Certificate", "kept in the database, which has to be right first"));
    return;
  }
  const { fine, detail } = describeKept(certificates, { domain, directoryUrl, now: systemClock.now() });
  report(fine || "warn", "Certificate", detail);
}

async function checkDiscord({ config, logger, signal }: CommandContext, report: Report): Promise<void> {
  const { discordToken: token, discordApiUrl: apiUrl, discordChannelId, discordPersona, staffRole } = config;
  if (token === undefined) {
    report(false, "Token", 'DISCORD_TOKEN is not set; "chatbox50 serve" explains how to get one');
    return;
  }
  const use = { webhooks: discordPersona === "webhook" };
  using discord = new DiscordInspection({ token, apiUrl, clock: systemClock, logger, signal });
  try {
    const channel = channelOf(discordChannelId);
    for await (const { ok, subject, detail } of discord.inspect(channel, use, staffRole)) {
      report(ok, subject, detail);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Error)) throw error;
    report(false, "Discord", error.message, error instanceof DiscordUnreachable ? "unavailable" : "config");
  }
}

function channelOf(id: string | undefined): Parameters<DiscordInspection["inspect"]>[0] {
  return isSnowflake(id) ? id : undefined;
}

/**
 * @returns bytes; `undefined` without a file
 * @throws {StartError} when it can never be one
 */
function fileSize(path: string): number | undefined {
  try {
    const { isDirectory, size } = Deno.statSync(path);
    if (isDirectory) {
      throw new StartError(`Cannot open the database ${path}: it is a directory`, "cannotCreate");
    }
    return size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** SQLite keeps its log beside the file, so the folder must be writable, too. */
function demandWritable(folder: string): void {
  Deno.removeSync(Deno.makeTempFileSync({ dir: folder, prefix: ".chatbox50-check-" }));
}
