/**
 * The visitor's session in the storage that all tabs share.
 *
 * @module
 */
import type { KeyValueStorage } from "./ports.ts";

/** What a `welcome` means for the session. */
export type SessionOutcome = "kept" | "new" | "overtaken";

/** What lies in the storage after somebody signed in: no session, and those that other tabs have aren't given up. */
const SIGNED_IN = "signed-in";

/** Keeps the session; several tabs that start at once end up with one. */
export class SessionStore {
  readonly #storage: KeyValueStorage;
  readonly #key: string;
  /** What this tab uses; the storage may refuse to keep anything. */
  #current: string | null = null;
  /** What the last `hello` said. */
  #offered: string | null = null;
  /** Whether a token says who the visitor is: then nothing of the session outlives the page. */
  #identified = false;
  /** The session that only this tab has, since somebody signed in beside it. */
  #apart: string | null = null;

  /**
   * @param storage Where to keep it.
   * @param prefix What the key begins with.
   */
  constructor(storage: KeyValueStorage, prefix: string) {
    this.#storage = storage;
    this.#key = `${prefix}.session`;
  }

  /** The session, for the `Authorization` of uploads and downloads. */
  get current(): string | null {
    return this.#current;
  }

  /**
   * The visitor is signed in on the site: the token opens the conversation each time. Were its session kept, whoever
   * uses the browser next could read it.
   */
  identify(): void {
    this.#identified = true;
    this.#current = null;
  }

  /** The session for a `hello`. */
  offer(): string | null {
    this.#offered = this.#identified && this.#current !== null
      ? this.#current
      : this.#shared() ?? this.#current;
    // Whoever signed in has been welcomed by now: what the server answers to this is true.
    if (this.#hasSignedIn()) this.#apart = this.#offered;
    return this.#offered;
  }

  /**
   * Takes what `welcome` issued.
   *
   * @param issued The new session, if there is one.
   * @returns "overtaken" when another tab meanwhile got one: then say `hello` again with that.
   */
  welcomed(issued: string | undefined): SessionOutcome {
    if (this.#identified) {
      this.#current = issued ?? this.#offered;
      if (issued === undefined) return "kept";
      // Signing out is to lead to an empty chat, not to what was said before signing in.
      this.#unshare();
      return "new";
    }
    const stored = this.#shared();
    if (stored !== null && stored !== this.#offered) return "overtaken";
    if (issued === undefined) {
      this.#current = this.#offered;
      return "kept";
    }
    this.#current = issued;
    this.#storage.set(this.#key, issued);
    return "new";
  }

  /** Whether another tab uses another session, so that a message sent now would go to another conversation. */
  overtaken(): boolean {
    if (this.#identified) return false;
    const stored = this.#shared();
    return stored !== null && stored !== this.#current;
  }

  /**
   * Whether somebody signed in beside this tab since the last `hello`, and may have taken its conversation along. The
   * session is this tab's alone from then on: nobody who comes after them is to find it.
   */
  parted(): boolean {
    return !this.#identified && this.#current !== null && this.#apart !== this.#current &&
      this.#hasSignedIn();
  }

  /** Whether another tab gave the session up. */
  gone(): boolean {
    return !this.#identified && this.#current !== null && this.#storage.get(this.#key) === null;
  }

  /** Forgets the session, in all tabs. */
  forget(): void {
    this.#reset();
    this.#storage.remove(this.#key);
  }

  /** Forgets the session; an anonymous one stays with the tabs that have it open. */
  leave(): void {
    this.#reset();
    this.#unshare();
  }

  /** Whether this storage key is the session's; null stands for any. */
  concerns(key: string | null): boolean {
    return key === null || key === this.#key;
  }

  #reset(): void {
    this.#current = null;
    this.#offered = null;
    this.#identified = false;
  }

  #shared(): string | null {
    return this.#hasSignedIn() ? null : this.#storage.get(this.#key);
  }

  #hasSignedIn(): boolean {
    return this.#storage.get(this.#key) === SIGNED_IN;
  }

  #unshare(): void {
    if (this.#storage.get(this.#key) !== null) this.#storage.set(this.#key, SIGNED_IN);
  }
}
