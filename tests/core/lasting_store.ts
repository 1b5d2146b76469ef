import { MemoryStore } from "../../src/core/mod.ts";

/** A memory store that outlives the box that closes it, as a file does. */
export class LastingStore extends MemoryStore {
  closes = 0;

  override close(): Promise<void> {
    this.closes++;
    return Promise.resolve();
  }
}
