/**
 * Files that the page has loaded, as `blob:` addresses: the last ones used, for the present visitor alone.
 *
 * @module
 */

/** What is kept at most, in bytes, and beyond that the file that came last: three of the largest files. */
const MAX_BYTES = 30 * 1024 * 1024;

interface Loaded {
  readonly url: string;
  readonly bytes: number;
}

/** Loads files, each once for as long as there is room. */
export class LoadedFiles {
  readonly #fetch: (id: string) => Promise<Blob>;
  readonly #maxBytes: number;
  readonly #loading = new Map<string, Promise<string>>();
  /** The longest unused first. */
  readonly #loaded = new Map<string, Loaded>();
  #bytes = 0;
  /** Tells what the last visitor asked for from what this one does. */
  #generation = 0;

  /**
   * @param fetch Gets a file's content.
   * @param maxBytes How much to keep.
   */
  constructor(fetch: (id: string) => Promise<Blob>, maxBytes: number = MAX_BYTES) {
    this.#fetch = fetch;
    this.#maxBytes = maxBytes;
  }

  /**
   * Loads a file, unless it is there. A picture or download that has begun with the address goes on when it is given up.
   *
   * @param id The file's id.
   * @returns A `blob:` address; to be used at once.
   * @throws {Error} What `fetch` threw, or that the visitor changed meanwhile.
   */
  async load(id: string): Promise<string> {
    const known = this.#loaded.get(id);
    if (known !== undefined) {
      this.#loaded.delete(id);
      this.#loaded.set(id, known);
      return known.url;
    }
    const loading = this.#loading.get(id) ?? this.#load(id);
    this.#loading.set(id, loading);
    try {
      return await loading;
    } finally {
      if (this.#loading.get(id) === loading) this.#loading.delete(id);
    }
  }

  /** Gives everything up: what another visitor loaded is nobody's business any more. */
  clear(): void {
    for (const id of [...this.#loaded.keys()]) this.#drop(id);
    this.#loading.clear();
    this.#generation++;
  }

  async #load(id: string): Promise<string> {
    const generation = this.#generation;
    const blob = await this.#fetch(id);
    if (generation !== this.#generation) throw new Error("Cannot load a file: it is another visitor's");
    const url = URL.createObjectURL(blob);
    this.#loaded.set(id, { url, bytes: blob.size });
    this.#bytes += blob.size;
    for (const oldest of [...this.#loaded.keys()]) {
      if (this.#bytes <= this.#maxBytes || oldest === id) break;
      this.#drop(oldest);
    }
    return url;
  }

  #drop(id: string): void {
    const { url = "", bytes = 0 } = this.#loaded.get(id) ?? {};
    URL.revokeObjectURL(url);
    this.#bytes -= bytes;
    this.#loaded.delete(id);
  }
}
