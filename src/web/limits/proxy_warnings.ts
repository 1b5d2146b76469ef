import type { Logger } from "../../core/mod.ts";
import type { ClientAddress } from "./client_address.ts";

/** Tells the operator, once each, when a proxy in front makes all visitors look like one. */
export class ProxyWarnings {
  readonly #logger: Logger;
  #toldOfNameless = false;
  #toldOfUntrusted = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A request came in. Looked at for each of them, so it costs nothing once it was told. */
  request({ prefix, untrusted }: ClientAddress): void {
    if (untrusted === undefined || this.#toldOfUntrusted) return;
    this.#toldOfUntrusted = true;
    this.#logger.warn(
      "A proxy that TRUST_PROXY does not name sends X-Forwarded-For: all visitors behind it share the limits of one. " +
        `If it is yours, set TRUST_PROXY to ${untrusted}`,
      { proxy: prefix },
    );
  }

  /** A connection was turned away because its address has too many. */
  turnedAway({ prefix, unnamed }: ClientAddress): void {
    if (!unnamed || this.#toldOfNameless) return;
    this.#toldOfNameless = true;
    this.#logger.warn(
      "All visitors seem to have one address: the proxy in front sends no X-Forwarded-For, so they share the limits of one",
      { proxy: prefix },
    );
  }
}
