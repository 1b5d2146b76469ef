import { OPTION_KEYS, OPTIONS } from "../../src/config/options.ts";

/** Every limit that can be turned off, turned off: what one client on one address would meet, however long it goes on. */
export const NO_LIMITS: Readonly<Record<string, string>> = Object.fromEntries(
  OPTION_KEYS.filter((key) => OPTIONS[key].type === OPTIONS.LIMIT_MESSAGES.type).map((key) => [key, "0"]),
);
