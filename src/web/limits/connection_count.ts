/** The most sockets at the same time; 0 for no limit. */
export interface ConnectionLimits {
  readonly all: number;
  /** From one IPv4 address or IPv6 /64. */
  readonly perAddress: number;
}

/** Counts the sockets that are open, in all and by address. */
export class ConnectionCount {
  readonly #limits: ConnectionLimits;
  readonly #byPrefix = new Map<string, number>();
  #all = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /**
   * Counts a socket in.
   *
   * @returns what to call once it has ended; `undefined` when there are too many already, and it was not counted
   */
  enter(prefix: string): (() => void) | undefined {
    const { all, perAddress } = this.#limits;
    const there = this.#byPrefix.get(prefix) ?? 0;
    if ((all > 0 && this.#all >= all) || (perAddress > 0 && there >= perAddress)) return undefined;
    this.#all++;
    this.#byPrefix.set(prefix, there + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#leave(prefix);
    };
  }

  #leave(prefix: string): void {
    this.#all--;
    const rest = (this.#byPrefix.get(prefix) ?? 1) - 1;
    if (rest === 0) this.#byPrefix.delete(prefix);
    else this.#byPrefix.set(prefix, rest);
  }
}
