import { LruMap } from "../core/mod.ts";
import { DiscordUnreachable } from "./errors.ts";
import type { DiscordRest, DiscordRole, DiscordUser } from "./ports.ts";
import type { Snowflake } from "./snowflake.ts";

/** How long roles that Discord was asked for count, in milliseconds. */
const KNOWN_FOR_MS = 10 * 60_000;
const CACHED = 1_000;

/** What {@link Staff} needs. */
export interface StaffOptions {
  /** The role of those who answer visitors, by id or by name; everybody does when left out. */
  readonly role: string | undefined;
  readonly rest: Pick<DiscordRest, "channel" | "memberRoles">;
  /** The roles of a guild, none where it hides them; `undefined` while it has not told them. */
  readonly rolesIn: (guildId: Snowflake) => readonly DiscordRole[] | undefined;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Where somebody speaks: messages that are read later do not tell their guild. */
export interface Whereabouts {
  readonly channelId: Snowflake;
  readonly guildId?: Snowflake;
}

/** Whether a role is the one that somebody means by its id or its name. */
export function isRole({ id, name }: Pick<DiscordRole, "id" | "name">, wanted: string): boolean {
  return id === wanted || name.toLowerCase() === wanted.toLowerCase();
}

/**
 * Who may be heard by visitors. What is not known yet is never answered with no: whoever reads a message would pass it over for good.
 */
export class Staff {
  readonly #options: StaffOptions;
  /** By guild and user. */
  readonly #known = new LruMap<string, { readonly until: number; readonly roles: readonly Snowflake[] }>(
    CACHED,
  );
  readonly #guilds = new LruMap<Snowflake, Snowflake>(CACHED);

  constructor(options: StaffOptions) {
    this.#options = options;
  }

  /**
   * Whether somebody is of the staff: a person, or another bot that was given the role.
   *
   * @throws {DiscordUnreachable} while that cannot be known
   * @throws {DiscordRefusal} when Discord does not tell
   */
  async has(user: DiscordUser, where: Whereabouts): Promise<boolean> {
    const { role, rolesIn } = this.#options;
    if (role === undefined) return !user.bot;
    // Their guild is the thread's, whether or not there is a channel for new threads at present.
    const guildId = where.guildId ?? await this.#guildOf(where.channelId);
    const own = await this.#rolesOf(user, guildId);
    if (own.some((id) => id === role)) return true;
    const known = rolesIn(guildId);
    if (known === undefined) {
      throw new DiscordUnreachable(
        "tell who is of the staff",
        undefined,
        "the server has not told its roles yet",
        { sent: false },
      );
    }
    return known.some((candidate) => own.includes(candidate.id) && isRole(candidate, role));
  }

  async #guildOf(channelId: Snowflake): Promise<Snowflake> {
    const known = this.#guilds.get(channelId);
    if (known !== undefined) return known;
    const { guildId } = await this.#options.rest.channel(channelId);
    if (guildId === undefined) {
      throw new DiscordUnreachable("tell who is of the staff", undefined, "Discord names no server", {
        sent: false,
      });
    }
    this.#guilds.set(channelId, guildId);
    return guildId;
  }

  /** Live events tell a member's roles, messages that are read later do not. */
  async #rolesOf({ id, roles }: DiscordUser, guildId: Snowflake): Promise<readonly Snowflake[]> {
    const { rest, now } = this.#options;
    const key = `${guildId}/${id}`;
    const until = now() + KNOWN_FOR_MS;
    if (roles !== undefined) {
      this.#known.set(key, { until, roles });
      return roles;
    }
    const known = this.#known.get(key);
    if (known !== undefined && known.until > now()) return known.roles;
    const asked = await rest.memberRoles(guildId, id) ?? [];
    this.#known.set(key, { until, roles: asked });
    return asked;
  }
}
