import type { Logger, Uuid } from "../../core/mod.ts";
import { failureFields } from "../errors.ts";
import type { GuildBook } from "./guild_book.ts";
import type { Home } from "./home.ts";
import type { DiscordRest } from "../ports.ts";
import { INTENTS_PROBLEM } from "./problems.ts";
import type { Snowflake } from "../snowflake.ts";
import { isRole } from "../staff.ts";

/** What {@link Explanation} needs. */
export interface ExplanationOptions {
  readonly rest: DiscordRest;
  readonly book: GuildBook;
  /** As configured. */
  readonly staffRole: string | undefined;
  readonly logger: Logger;
}

/** Tells the operator what keeps staff from being heard although everything seems to work. */
export class Explanation {
  readonly #options: ExplanationOptions;
  /** Whether the staff role was last seen to be there. */
  #hasRole = true;
  #toldOfEmpty = false;

  constructor(options: ExplanationOptions) {
    this.#options = options;
  }

  /**
   * Asks whether the bot may read messages. Discord closes the gateway where it may not (4014), unless that was switched off later;
   * servers like it let the bot in and send empty messages. Never rejects.
   */
  async checkIntent(): Promise<void> {
    const { rest, logger } = this.#options;
    try {
      if (await rest.mayReadMessages() !== false) return;
      logger.error("Staff will not be heard, their messages come without text", {
        remedy: INTENTS_PROBLEM.message,
      });
    } catch (error) {
      logger.debug("Cannot find out whether the bot may read messages", failureFields(error));
    }
  }

  /** A message of the staff's has come with nothing in it, which nobody can write. Said once. */
  emptyMessage(about: { readonly uid: Uuid; readonly thread: Snowflake }): void {
    if (this.#toldOfEmpty) return;
    this.#toldOfEmpty = true;
    this.#options.logger.error("A message of the staff came without text, the visitor does not get it", {
      ...about,
      remedy: INTENTS_PROBLEM.message,
    });
  }

  /** Looks whether the configured role is there: nobody is heard by visitors otherwise. Said when it changes. */
  checkStaffRole({ guildId }: Home): void {
    const { book, staffRole, logger } = this.#options;
    const roles = book.roles(guildId);
    // A server that tells no roles at all hides them.
    if (staffRole === undefined || roles === undefined || roles.length === 0) return;
    const hasRole = roles.some((role) => isRole(role, staffRole));
    if (hasRole !== this.#hasRole) {
      if (hasRole) logger.info("STAFF_ROLE is there again", { role: staffRole });
      else {
        logger.error("STAFF_ROLE is no role of this server, so visitors hear nobody", {
          role: staffRole,
          roles: roles.map(({ name }) => name).slice(0, 20),
        });
      }
    }
    this.#hasRole = hasRole;
  }
}
