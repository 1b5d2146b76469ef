import type { JsonObject, PropertiesPatch, Uuid } from "../../src/core/mod.ts";
import { Collector } from "../support/until.ts";
import { LastingStore } from "./bridge.ts";

/** A store that tells what is kept with the connections, each time that it changes. */
export class WatchedStore extends LastingStore {
  readonly #kept = new Collector<JsonObject>();

  override async setProperties(uid: Uuid, patch: PropertiesPatch): Promise<JsonObject> {
    const properties = await super.setProperties(uid, patch);
    this.#kept.push(properties);
    return properties;
  }

  /** Waits until a property, of the only connection, is as it should be; `undefined` when it is not there. */
  async until(what: string, key: string, isSo: (value: unknown) => boolean): Promise<void> {
    await this.#kept.until(what, (all) => isSo((all.at(-1) ?? {})[key]));
  }
}
