import type { Clock } from "../../core/mod.ts";
import { Content } from "../content.ts";
import { SHOWN } from "../files/download.ts";
import type { StaffPictures } from "./ports.ts";

/** What is kept in memory, in bytes: some hundred pictures of the usual size. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024;

/** What one counts as beside its bytes; what is not there takes memory, too. */
const LEAST_COUNTED_BYTES = 256;

/** How long it is not asked again for what is not there, and for what cannot be had now, in milliseconds. */
const ASKED_AGAIN_AFTER_MS = { gone: 60 * 60_000, unreachable: 30_000 };

/** Why there is no picture. */
type Missing = keyof typeof ASKED_AGAIN_AFTER_MS;

/** What was found. */
type Found = Content | { readonly missing: Missing; readonly at: number };

/** What asking for a picture comes to: `busy` when the asker has too much under way. */
export type AvatarAnswer = Content | Missing | "busy";

/** Options of {@link Avatars}. */
export interface AvatarsOptions {
  readonly pictures: StaffPictures;
  readonly clock: Clock;
  /** What is kept in memory at the most, in bytes; 4 MiB when left out. */
  readonly maxKeptBytes?: number;
}

/** Pictures of the staff, kept in memory: each is fetched once, however many visitors look at it. */
export class Avatars {
  readonly #options: AvatarsOptions;
  readonly #stopping = new AbortController();
  readonly #underWay = new Map<string, Promise<Found>>();
  /** In the order of their last use. */
  readonly #kept = new Map<string, Found>();
  #keptBytes = 0;

  constructor(options: AvatarsOptions) {
    this.#options = options;
  }

  /** What is kept in memory, in bytes. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /**
   * Finds a picture.
   *
   * @param enter called before one is fetched; gives what to call at the end, or `undefined` when the asker has too much under way
   */
  async find(name: string, enter: () => (() => void) | undefined): Promise<AvatarAnswer> {
    const found = this.#recall(name) ?? await (this.#underWay.get(name) ?? this.#begin(name, enter));
    if (found === undefined) return "busy";
    return found instanceof Content ? found : found.missing;
  }

  /** Gives up what is being fetched. */
  stop(): void {
    this.#stopping.abort();
  }

  #recall(name: string): Found | undefined {
    const found = this.#kept.get(name);
    if (found === undefined) return undefined;
    this.#forget(name, found);
    if (!(found instanceof Content)) {
      const age = this.#options.clock.now() - found.at;
      // A clock that was put back must not keep a picture away for longer.
      if (age < 0 || age >= ASKED_AGAIN_AFTER_MS[found.missing]) return undefined;
    }
    this.#keep(name, found);
    return found;
  }

  #begin(name: string, enter: () => (() => void) | undefined): Promise<Found> | undefined {
    const leave = enter();
    if (leave === undefined) return undefined;
    const fetching = this.#fetch(name).then((found) => {
      this.#keep(name, found);
      return found;
    }).finally(() => {
      this.#underWay.delete(name);
      leave();
    });
    this.#underWay.set(name, fetching);
    return fetching;
  }

  async #fetch(name: string): Promise<Found> {
    const { pictures, clock } = this.#options;
    const bytes = await pictures.fetch(name, this.#stopping.signal);
    if (typeof bytes === "string") return { missing: bytes, at: clock.now() };
    const type = await pictureType(bytes);
    return type === undefined ? { missing: "gone", at: clock.now() } : new Content(bytes, type);
  }

  #keep(name: string, found: Found): void {
    const { maxKeptBytes = MAX_KEPT_BYTES } = this.#options;
    this.#kept.set(name, found);
    this.#keptBytes += countedBytes(found);
    for (const [oldest, content] of this.#kept) {
      if (this.#keptBytes <= maxKeptBytes) return;
      this.#forget(oldest, content);
    }
  }

  #forget(name: string, found: Found): void {
    this.#kept.delete(name);
    this.#keptBytes -= countedBytes(found);
  }
}

function countedBytes(found: Found): number {
  return LEAST_COUNTED_BYTES + (found instanceof Content ? found.size : 0);
}

/** A picture that browsers show, by its content, as with files; `undefined` for anything else. */
async function pictureType(bytes: Uint8Array): Promise<string | undefined> {
  // Loaded with the first picture, as the storage does with the first file.
  const { fileTypeFromBuffer } = await import("file-type");
  try {
    const type = (await fileTypeFromBuffer(bytes))?.mime;
    if (type === "image/apng") return "image/png";
    return type !== undefined && SHOWN.has(type) ? type : undefined;
  } catch {
    // What the parser stumbles over is not what it pretends to be.
    return undefined;
  }
}
