/**
 * What a visitor was writing, kept in their tab over a reload: for them alone, whoever uses the tab next.
 *
 * @module
 */

/** Where a {@link Draft} is kept: one small value of the tab. */
export interface DraftStorage {
  readonly get: () => string | null;
  readonly set: (value: string) => void;
}

/** What was being written. */
export interface DraftContent {
  readonly text: string;
  /** The names of the files that were chosen; their bytes went with the page. */
  readonly files: readonly string[];
}

const NOTHING: DraftContent = { text: "", files: [] };

/** The unsent text with its owner. */
export class Draft {
  readonly #storage: DraftStorage;
  #owner: string | undefined;

  /** @param storage Keeps it. */
  constructor(storage: DraftStorage) {
    this.#storage = storage;
  }

  /**
   * Says who writes from now on.
   *
   * @param owner Which signed-in visitor, as `ownerOf` names them; undefined for everybody who isn't signed in.
   * @returns What they left in this tab. What somebody else left is forgotten.
   */
  belongTo(owner: string | undefined): DraftContent {
    this.#owner = owner;
    const kept = parse(this.#storage.get());
    if (kept === null || kept.owner !== owner) {
      this.#storage.set("");
      return NOTHING;
    }
    return { text: kept.text, files: kept.files };
  }

  /** Keeps what is being written; nothing is kept of nothing. */
  keep({ text, files }: DraftContent): void {
    const isEmpty = text === "" && files.length === 0;
    this.#storage.set(isEmpty ? "" : JSON.stringify({ owner: this.#owner, text, files }));
  }
}

/** What an older page kept without an owner is nobody's. */
function parse(value: string | null): DraftContent & { readonly owner: string | undefined } | null {
  try {
    const kept: unknown = JSON.parse(value ?? "null");
    if (typeof kept !== "object" || kept === null) return null;
    const { owner, text, files } = kept as Readonly<Record<string, unknown>>;
    if (typeof text !== "string" || !Array.isArray(files)) return null;
    return {
      owner: typeof owner === "string" ? owner : undefined,
      text,
      files: files.filter((name) => typeof name === "string"),
    };
  } catch {
    return null;
  }
}
