import { LruMap } from "../core/mod.ts";
import type { DiscordRest, DiscordRole, DiscordUser } from "./ports.ts";
import type { Snowflake } from "./snowflake.ts";

/** How long roles that Discord was asked for count, in milliseconds. */
const KNOWN_FOR_MS = 10 * 60_000;
const CACHED = 1_000;

/** What {@link Staff} needs. */
export interface StaffOptions {
  /** The role of those who answer visitors, by id or by name; everybody does when left out. */
  readonly role: string | undefined;
  readonly rest: DiscordRest;
  /** A role's name. */
  readonly roleName: (id: Snowflake) => string | undefined;
  readonly guildId: () => Snowflake | undefined;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Whether a role is the one that somebody means by its id or its name. */
export function isRole({ id, name }: Pick<DiscordRole, "id" | "name">, wanted: string): boolean {
  return id === wanted || name.toLowerCase() === wanted.toLowerCase();
}

/** Who may be heard by visitors. */
export class Staff {
  readonly #options: StaffOptions;
  readonly #known = new LruMap<Snowflake, { readonly until: number; readonly roles: readonly Snowflake[] }>(
    CACHED,
  );

  constructor(options: StaffOptions) {
    this.#options = options;
  }

  /** Whether somebody is of the staff: a person, or another bot that was given the role. */
  async has(user: DiscordUser): Promise<boolean> {
    const { role, roleName } = this.#options;
    if (role === undefined) return !user.bot;
    const roles = await this.#rolesOf(user);
    return roles.some((id) => isRole({ id, name: roleName(id) ?? "" }, role));
  }

  /** Live events tell a member's roles, messages that are read later do not. */
  async #rolesOf({ id, roles }: DiscordUser): Promise<readonly Snowflake[]> {
    const { rest, guildId, now } = this.#options;
    const until = now() + KNOWN_FOR_MS;
    if (roles !== undefined) {
      this.#known.set(id, { until, roles });
      return roles;
    }
    const known = this.#known.get(id);
    if (known !== undefined && known.until > now()) return known.roles;
    const guild = guildId();
    if (guild === undefined) return [];
    const asked = await rest.memberRoles(guild, id) ?? [];
    this.#known.set(id, { until, roles: asked });
    return asked;
  }
}
