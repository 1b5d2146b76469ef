/**
 * Tells a token that Discord refuses from one 401 that an edge server gave by mistake: the token is tried once more, and refused
 * again it is never sent again, because every further 401 counts towards a ban of the address.
 */
export class TokenWatch {
  readonly #isRefused: () => Promise<boolean>;
  readonly #onRefused: () => void;
  #refused = false;
  #check: Promise<boolean> | undefined;

  /**
   * @param isRefused tries the token on a route that every bot may use; it must not reject
   * @param onRefused told once, when the token is refused for good
   */
  constructor(isRefused: () => Promise<boolean>, onRefused: () => void) {
    this.#isRefused = isRefused;
    this.#onRefused = onRefused;
  }

  /** Whether the token is refused for good. A check that is under way is waited for. */
  async refused(): Promise<boolean> {
    await this.#check;
    return this.#refused;
  }

  /** A call was answered 401: whether the token is refused for good. */
  async suspect(): Promise<boolean> {
    if (this.#refused) return true;
    this.#check ??= this.#isRefused().finally(() => this.#check = undefined);
    const refused = await this.#check;
    if (refused && !this.#refused) {
      this.#refused = true;
      this.#onRefused();
    }
    return refused;
  }
}
