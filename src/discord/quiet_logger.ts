import type { Logger } from "../core/mod.ts";

/** What discordeno logs with. */
type DiscordenoLogger = Readonly<
  Record<"debug" | "info" | "warn" | "error" | "fatal", (...args: unknown[]) => void>
>;

/** discordeno's own lines: their debug level holds message texts, so only warnings and errors pass, as debug lines. */
export function quiet(logger: Logger): DiscordenoLogger {
  const pass = (...args: unknown[]): void => {
    const [first] = args;
    const said = first instanceof Error ? first.name : String(first).slice(0, 300);
    logger.debug("discordeno says", { said });
  };
  return { debug: () => {}, info: () => {}, warn: pass, error: pass, fatal: pass };
}
