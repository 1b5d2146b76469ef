import { type Talk, talk, type TalkOptions } from "./talk.ts";
import { tempStorage } from "../support/temp_storage.ts";
import type { Storage } from "../../src/storage/mod.ts";
import type { FileReference } from "../../src/core/mod.ts";

/** A talk with a place for files. It ends with its bridge, which closes the database. */
export interface Scene extends Omit<Talk, "leave" | "back"> {
  readonly storage: Storage;
  /** Where the bytes of a file are kept. */
  readonly pathOf: (file: FileReference) => string;
  /** Uploads a file as the web side does. */
  readonly upload: (name: string, bytes: Uint8Array<ArrayBuffer>) => Promise<FileReference>;
}

/** Plays a scene on a real database with a real folder for files. */
export async function scene(
  work: (scene: Scene) => Promise<void>,
  options: TalkOptions = {},
): Promise<void> {
  await using temp = await tempStorage();
  const { storage } = temp;
  await talk(async ({ visitor, ...others }) => {
    const { uid } = visitor.connection;
    const upload = async (name: string, bytes: Uint8Array<ArrayBuffer>): Promise<FileReference> => {
      const body = new Blob([bytes]).stream();
      const saved = await storage.files.save({ uid, side: 1, name, body, maxBytes: 1e9, at: Date.now() });
      if ("refused" in saved) throw new Error(`Cannot upload ${name}: ${saved.refused}`);
      return saved.file;
    };
    const pathOf = ({ id }: FileReference): string => `${temp.path}-files/${id}`;
    await work({ ...others, visitor, storage, upload, pathOf });
  }, { store: storage.store, files: storage.files, ...options });
}
