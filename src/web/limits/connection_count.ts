/** The most sockets at the same time; 0 for no limit. */
export interface ConnectionLimits {
  readonly all: number;
  /** Asked once when `all` are there: how many there may be after all. Told how many there are. */
  readonly more?: ((there: number) => number) | undefined;
  /** From one IPv4 address or IPv6 /64. */
  readonly perAddress: number;
}

/** Counts the sockets that are open, in all and by address. */
export class ConnectionCount {
  readonly #limits: ConnectionLimits;
  readonly #byPrefix = new Map<string, number>();
  #most: number;
  #more: ((there: number) => number) | undefined;
  #all = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
    this.#most = limits.all;
    this.#more = limits.more;
  }

  /**
   * Counts a socket in.
   *
   * @returns what to call once it has ended; `undefined` when there are too many already, and it was not counted
   */
  enter(prefix: string): (() => void) | undefined {
    const { perAddress } = this.#limits;
    const there = this.#byPrefix.get(prefix) ?? 0;
    if (perAddress > 0 && there >= perAddress) return undefined;
    if (this.#isFull()) return undefined;
    this.#all++;
    this.#byPrefix.set(prefix, there + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#leave(prefix);
    };
  }

  #isFull(): boolean {
    if (this.#most === 0 || this.#all < this.#most) return false;
    this.#most = Math.max(this.#most, this.#more?.(this.#all) ?? 0);
    this.#more = undefined;
    return this.#all >= this.#most;
  }

  #leave(prefix: string): void {
    this.#all--;
    const rest = (this.#byPrefix.get(prefix) ?? 1) - 1;
    if (rest === 0) this.#byPrefix.delete(prefix);
    else this.#byPrefix.set(prefix, rest);
  }
}
