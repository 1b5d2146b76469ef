/** Bots beside the one under test, each with a token of its own: for programs that play staff by the public API alone. */
import { addMember, STAFF_ROLE } from "../setup.ts";
import type { World } from "../world.ts";

/** Which bot a token is of. */
export class OtherBots {
  readonly #world: World;
  readonly #byToken = new Map<string, string>();

  /** @param world where they are members */
  constructor(world: World) {
    this.#world = world;
  }

  /**
   * Invites one, with the staff's role.
   *
   * @param name what it is called
   * @returns its token
   */
  invite(name: string): string {
    const { userId } = addMember(this.#world, name, [STAFF_ROLE], { bot: true });
    const token = `${btoa(userId).replaceAll("=", "")}.SIMULA.not-a-real-token`;
    this.#byToken.set(token, userId);
    return token;
  }

  /**
   * @param authorization the header of a request
   * @returns the world as the bot of that token finds it, `undefined` when there is none
   */
  worldOf(authorization: string | null): World | undefined {
    const id = this.#byToken.get(authorization?.replace(/^Bot /, "") ?? "");
    return id === undefined ? undefined : seenBy(this.#world, id);
  }
}

/** The same world, in which handlers take another for the bot that asks. */
function seenBy(world: World, botId: string): World {
  return new Proxy(world, {
    get(target, key): unknown {
      if (key === "botId") return botId;
      const value: unknown = Reflect.get(target, key, target);
      // Private fields are the target's alone.
      return typeof value === "function" ? value.bind(target) : value;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}
