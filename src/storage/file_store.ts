import { ChatBoxError, type FileReference, type Logger, type Side, type Uuid } from "../core/mod.ts";
import { HEAD_BYTES, lookInto } from "./file_content.ts";
import type { FileTable, StoredFile } from "./file_table.ts";
import { FreeSpace } from "./free_space.ts";
import { type NoRoom, Room, type RoomLimits } from "./room.ts";
import { WaitingFiles } from "./waiting_files.ts";

/** 192 bits that nobody can guess, as 32 characters of base64url. */
const ID_BYTES = 24;

const ID = /^[A-Za-z0-9_-]{32}$/;

/** A name longer than this, in code points, is cut; file systems take 255 bytes. */
const MAX_NAME = 120;

/** How much is read at once for one reader, in bytes. */
const CHUNK_BYTES = 64 * 1024;

const HOUR_MS = 60 * 60_000;

/** How long a file may wait for a message that names it, in milliseconds. */
const UNUSED_FOR_MS = 24 * HOUR_MS;

/** The same where its conversation has not begun: nobody would see who fills the disk. */
const UNBEGUN_FOR_MS = HOUR_MS;

/** How many files a sweep removes between two looks at the table. */
const SWEEP_BATCH = 100;

/** A file to store. */
export interface NewFile {
  /** The conversation for which it is. */
  readonly uid: Uuid;
  /** The side that brings it. */
  readonly side: Side;
  /** What its owner calls it; cleaned of what no name needs. */
  readonly name: string;
  readonly body: ReadableStream<Uint8Array>;
  /** More bytes than this are refused as soon as they come. */
  readonly maxBytes: number;
  /** Unix milliseconds. */
  readonly at: number;
  /** Gives it up. */
  readonly signal?: AbortSignal;
  /** Told of so many more bytes that are on the disk. */
  readonly onWritten?: (bytes: number) => void;
}

/** The outcome of {@link FileStore.save}. */
export type Saved =
  | { readonly file: FileReference }
  /** Nothing was kept. */
  | { readonly refused: "too_large" | "empty" };

/** Bytes of a file, from `start` to before `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Files of conversations: what is known of them in the database, the bytes in a folder beside it. A file belongs to one
 * conversation; it stays when a message names it, and goes with that message.
 */
export class FileStore {
  readonly #folder: string;
  readonly #table: FileTable;
  readonly #logger: Logger;
  readonly #free: FreeSpace;
  readonly #room: Room;
  readonly #waiting: WaitingFiles;
  readonly #arriving = new Set<string>();

  /** @param folder made when it is needed first */
  constructor(folder: string, table: FileTable, logger: Logger) {
    this.#folder = folder;
    this.#table = table;
    this.#logger = logger;
    this.#free = new FreeSpace(folder, logger);
    this.#waiting = new WaitingFiles(table);
    this.#room = new Room({
      unsent: (least, { uid, address } = {}) =>
        address === undefined ? table.unsent(least, uid) : this.#waiting.bytesOf(address, least),
      drop: (least, lighter) => this.#dropOldest(least, lighter),
      free: () => this.#free.bytes(),
    });
  }

  /**
   * Stores a file, on disk when this resolves. It goes from the network to the disk piece by piece; a file that does not arrive whole
   * leaves nothing behind.
   *
   * @throws {ChatBoxError} `overloaded` when it cannot be written; the reason of the signal, or whatever ended the body early
   */
  async save(request: NewFile): Promise<Saved> {
    const id = newId();
    const path = this.#path(id);
    this.#arriving.add(id);
    let kept = false;
    try {
      const size = await this.#write(path, request);
      if (size === undefined) return { refused: "too_large" };
      if (size === 0) return { refused: "empty" };
      const content = await lookInto(await readHead(path));
      const file: FileReference = { id, name: cleanName(request.name), size, ...content };
      await this.#table.insert({ ...file, uid: request.uid, side: request.side }, request.at);
      kept = true;
      return { file };
    } finally {
      this.#arriving.delete(id);
      if (!kept) await this.#discard(path);
    }
  }

  /**
   * The same, if there is room for all that may come.
   *
   * @param request `address` is where it comes from, to tell who has how much waiting; it is not kept beyond this process
   */
  async saveWithin(
    room: RoomLimits,
    request: NewFile & { readonly address: string },
  ): Promise<Saved | { readonly refused: NoRoom }> {
    const place = await onDisk(() => this.#room.take(request, request.maxBytes, room));
    if (typeof place === "string") return { refused: place };
    try {
      const saved = await this.save({ ...request, onWritten: place.wrote });
      if ("file" in saved) this.#waiting.add(request.address, saved.file.id);
      return saved;
    } finally {
      place.leave();
    }
  }

  /** Tells the operator when fewer bytes of the disk are free than uploads are to leave. */
  async warnOfLittleRoom(keepFree: number): Promise<void> {
    await this.#free.warnBelow(keepFree);
  }

  async #dropOldest(least: number, lighter: number): Promise<boolean> {
    const heaviest = this.#waiting.heaviest(least);
    if (heaviest?.oldest === undefined || heaviest.bytes <= lighter) return false;
    const id = heaviest.oldest;
    // A message may have begun to name it by now: then whoever asks looks anew.
    if (await this.#table.removeWaiting(id)) {
      await removeIfThere(this.#path(id));
      await this.#table.forget([id]);
      this.#logger.info("Removed a file that waited to be sent: another address needed the room", {
        file: id,
      });
    }
    return true;
  }

  /** Whoever waits is told why it was not kept; what cannot be removed now is found at the next start. */
  async #discard(path: string): Promise<void> {
    try {
      await removeIfThere(path);
    } catch (error) {
      this.#logger.warn("Cannot remove an unfinished upload", { error });
    }
  }

  /** Gives how many bytes there are; `undefined` when there are too many. */
  async #write(path: string, { body, maxBytes, signal, onWritten }: NewFile): Promise<number | undefined> {
    const reader = body.getReader();
    const giveUp = (): void => void reader.cancel(signal?.reason).catch(() => undefined);
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      using file = await this.#create(path);
      let size = 0;
      for (;;) {
        const { done, value } = await reader.read();
        signal?.throwIfAborted();
        if (done) break;
        size += value.length;
        if (size > maxBytes) return undefined;
        await onDisk(() => writeAll(file, value));
        onWritten?.(value.length);
      }
      await onDisk(() => file.sync());
      await this.#syncFolder();
      return size;
    } finally {
      signal?.removeEventListener("abort", giveUp);
      // Has no effect on a body that was read to its end; its error, if any, has been thrown by the read.
      await reader.cancel().catch(() => undefined);
    }
  }

  async #create(path: string): Promise<Deno.FsFile> {
    return await onDisk(async () => {
      await this.#makeFolder();
      return await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    });
  }

  async #makeFolder(): Promise<void> {
    await Deno.mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** The name in the folder is as durable as the bytes. Systems where a folder cannot be opened keep it by themselves. */
  async #syncFolder(): Promise<void> {
    if (Deno.build.os === "windows") return;
    await onDisk(async () => {
      using folder = await Deno.open(this.#folder);
      await folder.sync();
    });
  }

  /** Finds a file; `undefined` when there is none or it was removed. */
  find(id: string): Promise<StoredFile | undefined> {
    return new Promise((resolve) => resolve(ID.test(id) ? this.#table.find(id) : undefined));
  }

  /**
   * Reads the bytes of a file, piece by piece as the reader takes them.
   *
   * @throws {Deno.errors.NotFound} when somebody has removed it from the folder
   */
  async read(id: string, range?: ByteRange): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    if (!ID.test(id)) throw new RangeError("Cannot read a file: the id is not one");
    const file = await Deno.open(this.#path(id));
    // A disk that fails must not cost descriptors as well, which a connection needs: nobody cancels a stream that has failed.
    const orClosed = async <T>(work: Promise<T>): Promise<T> => {
      try {
        return await work;
      } catch (error) {
        file.close();
        throw error;
      }
    };
    let left = Infinity;
    if (range !== undefined) {
      left = range.end - range.start;
      await orClosed(file.seek(range.start, Deno.SeekMode.Start));
    }
    return new ReadableStream({
      async pull(controller): Promise<void> {
        const chunk = new Uint8Array(Math.min(CHUNK_BYTES, left));
        const count = chunk.length === 0 ? null : await orClosed(file.read(chunk));
        if (count === null) {
          file.close();
          controller.close();
          return;
        }
        left -= count;
        controller.enqueue(chunk.subarray(0, count));
      },
      cancel(): void {
        file.close();
      },
    });
  }

  /** Promises files to a message that is about to be stored. See {@link FileTable.claim}. */
  claim(uid: Uuid, side: Side, cid: string, ids: readonly string[]): Promise<readonly FileReference[]> {
    return this.#table.claim(uid, side, cid, ids);
  }

  /**
   * Removes the bytes that nobody needs: of deleted messages and conversations, and of files that no message has named within
   * a day, or an hour where the conversation has not begun.
   *
   * @param now Unix milliseconds
   */
  async sweep(now: number): Promise<void> {
    await this.#table.removeUnused(now - UNUSED_FOR_MS, now - UNBEGUN_FOR_MS);
    this.#waiting.prune();
    for (;;) {
      const ids = this.#table.removed(SWEEP_BATCH);
      if (ids.length === 0) return;
      for (const id of ids) await removeIfThere(this.#path(id));
      await this.#table.forget(ids);
    }
  }

  /** Removes what an earlier process has left unfinished in the folder. Files that are not ours are left alone. */
  async sweepStrays(): Promise<void> {
    const strays: string[] = [];
    try {
      for await (const { name, isFile } of Deno.readDir(this.#folder)) {
        if (isFile && ID.test(name) && !this.#arriving.has(name) && !this.#table.isKnown(name)) {
          strays.push(name);
        }
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    for (const id of strays) await removeIfThere(this.#path(id));
    if (strays.length > 0) this.#logger.info("Removed unfinished uploads", { count: strays.length });
  }

  #path(id: string): string {
    return `${this.#folder}/${id}`;
  }
}

/** What keeps a file from being written is the disk's fault, not the caller's; the cause is for the operator. */
async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ChatBoxError(
      "overloaded",
      "Cannot store a file: the disk does not take it now, try again later",
      {
        cause,
      },
    );
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await file.write(bytes.subarray(written));
}

async function readHead(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const head = new Uint8Array(Math.min(HEAD_BYTES, size));
  let length = 0;
  while (length < head.length) {
    const count = await file.read(head.subarray(length));
    if (count === null) break;
    length += count;
  }
  return head.subarray(0, length);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function newId(): string {
  return crypto.getRandomValues(new Uint8Array(ID_BYTES)).toBase64({ alphabet: "base64url" });
}

/** No folders, no control characters, nothing that turns the reading direction and so disguises the ending. */
function cleanName(name: string): string {
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? "";
  const clean = last.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, "")
    .trim();
  const points = [...clean];
  if (points.length <= MAX_NAME) return clean === "" || clean === "." || clean === ".." ? "file" : clean;
  // The ending says what opens it.
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(clean)?.[0] ?? "";
  return points.slice(0, MAX_NAME - ending.length).join("") + ending;
}
