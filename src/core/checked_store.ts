import { checkJson, checkOneOf, checkText, checkWhole } from "./check.ts";
import {
  checkAppend,
  checkBefore,
  checkChange,
  checkConnection,
  checkId,
  checkPatch,
  checkProgress,
  checkSide,
} from "./check_request.ts";
import type { DeliveryProgress } from "./delivery_progress.ts";
import { ChatBoxError } from "./errors.ts";
import type { Uuid } from "./id_type.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Message, Side } from "./message.ts";
import type {
  Appended,
  AppendRequest,
  CatchUp,
  Changed,
  ChangeRequest,
  ConnectionDraft,
  ConnectionRecord,
  Deliverable,
  Page,
  PropertiesPatch,
  Store,
  Watermarks,
} from "./ports.ts";

const READ = "read messages";
const ACTIVE = "note who is there";

/**
 * The border of every store: what is not allowed is refused here with `bad_value`, in the same words whatever the store, and
 * what is allowed is handed on as a copy that the caller cannot change any more. From `close` on everything is refused as `closed`, and
 * closing again does nothing. A store behind it need not look again.
 *
 * @example Two stores, one answer
 * ```ts
 * import { CheckedStore, MemoryStore, randomUuid, type Store } from "@chatbox50/chatbox50/core";
 * import { rejects } from "node:assert/strict";
 *
 * const store: Store = new CheckedStore(new MemoryStore());
 * await rejects(store.touch(randomUuid(), NaN), {
 *   code: "bad_value",
 *   message: "Cannot note a visit: at is NaN, allowed are whole numbers from 0",
 * });
 * ```
 */
export class CheckedStore implements Store {
  readonly #store: Store;
  #closed: Promise<void> | undefined;

  /** Puts the border before a store. */
  constructor(store: Store) {
    this.#store = store;
  }

  connection(uid: Uuid): Promise<ConnectionRecord | undefined> {
    return this.#ask(() => this.#store.connection(uid));
  }

  connectionOf(side: Side, id: string): Promise<ConnectionRecord | undefined> {
    return this.#ask(() =>
      this.#store.connectionOf(checkSide("find a connection", side), checkText("find a connection", "id", id))
    );
  }

  createConnection(draft: ConnectionDraft): Promise<ConnectionRecord> {
    return this.#ask(() => this.#store.createConnection(checkConnection(draft)));
  }

  setId(uid: Uuid, side: Side, id: string | null): Promise<ConnectionRecord> {
    return this.#ask(() => this.#store.setId(uid, checkSide("set an id", side), checkId("set an id", id)));
  }

  setActive(uid: Uuid, side: Side, active: boolean): Promise<ConnectionRecord> {
    return this.#ask(() =>
      this.#store.setActive(uid, checkSide(ACTIVE, side), checkOneOf(ACTIVE, "active", active, [true, false]))
    );
  }

  touch(uid: Uuid, at: number): Promise<void> {
    return this.#ask(() => this.#store.touch(uid, checkWhole("note a visit", "at", at, 0)));
  }

  properties(uid: Uuid): Promise<JsonObject> {
    return this.#ask(() => this.#store.properties(uid));
  }

  setProperties(uid: Uuid, patch: PropertiesPatch): Promise<JsonObject> {
    if (typeof patch === "function") {
      return this.#ask(() => this.#store.setProperties(uid, (properties) => checkPatch(patch(properties))));
    }
    return this.#ask(() => this.#store.setProperties(uid, checkPatch(patch)));
  }

  append(uid: Uuid, request: AppendRequest): Promise<Appended> {
    return this.#ask(() => this.#store.append(uid, checkAppend(request)));
  }

  change(uid: Uuid, request: ChangeRequest): Promise<Changed> {
    return this.#ask(() => this.#store.change(uid, checkChange(request)));
  }

  message(uid: Uuid, seq: number): Promise<Message | undefined> {
    return this.#ask(() => this.#store.message(uid, checkWhole(READ, "seq", seq, 0)));
  }

  messagesAfter(uid: Uuid, rev: number, limit: number): Promise<CatchUp> {
    return this.#ask(() =>
      this.#store.messagesAfter(uid, checkWhole(READ, "rev", rev, 0), checkWhole(READ, "limit", limit, 1))
    );
  }

  messagesBefore(uid: Uuid, seq: number, limit: number): Promise<Page & { readonly rev: number }> {
    return this.#ask(() =>
      this.#store.messagesBefore(uid, checkBefore(seq), checkWhole(READ, "limit", limit, 1))
    );
  }

  deliverable(uid: Uuid, side: Side, limit: number, own: boolean): Promise<Deliverable> {
    return this.#ask(() =>
      this.#store.deliverable(uid, checkSide(READ, side), checkWhole(READ, "limit", limit, 1), own)
    );
  }

  confirm(uid: Uuid, side: Side, progress: DeliveryProgress): Promise<void> {
    return this.#ask(() =>
      this.#store.confirm(uid, checkSide("confirm a delivery", side), checkProgress(progress))
    );
  }

  setNote(uid: Uuid, side: Side, note: JsonValue): Promise<void> {
    return this.#ask(() =>
      this.#store.setNote(uid, checkSide("keep a note", side), checkJson("keep a note", "the note", note))
    );
  }

  pending(side: Side, after: Uuid | undefined, limit: number): Promise<readonly Uuid[]> {
    return this.#ask(() =>
      this.#store.pending(checkSide(READ, side), after, checkWhole(READ, "limit", limit, 1))
    );
  }

  watermarks(uid: Uuid, side: Side): Promise<Watermarks> {
    return this.#ask(() => this.#store.watermarks(uid, checkSide(READ, side)));
  }

  setRead(uid: Uuid, side: Side, seq: number): Promise<boolean> {
    return this.#ask(() =>
      this.#store.setRead(
        uid,
        checkSide("note what was read", side),
        checkWhole("note what was read", "seq", seq, 0),
      )
    );
  }

  remoteIds(uid: Uuid, side: Side, seq: number): Promise<readonly string[]> {
    return this.#ask(() =>
      this.#store.remoteIds(uid, checkSide(READ, side), checkWhole(READ, "seq", seq, 0))
    );
  }

  findRemote(uid: Uuid, side: Side, remoteId: string): Promise<Message | undefined> {
    return this.#ask(() =>
      this.#store.findRemote(uid, checkSide(READ, side), checkText("find a message", "remoteId", remoteId))
    );
  }

  cursor(uid: Uuid, side: Side): Promise<string | undefined> {
    return this.#ask(() => this.#store.cursor(uid, checkSide(READ, side)));
  }

  setCursor(uid: Uuid, side: Side, cursor: string): Promise<void> {
    return this.#ask(() =>
      this.#store.setCursor(uid, checkSide("set a cursor", side), checkText("set a cursor", "cursor", cursor))
    );
  }

  recentIds(side: Side, limit: number): Promise<readonly string[]> {
    return this.#ask(() => this.#store.recentIds(checkSide(READ, side), checkWhole(READ, "limit", limit, 0)));
  }

  lastActiveAt(side: Side): Promise<number | undefined> {
    return this.#ask(() => this.#store.lastActiveAt(checkSide(READ, side)));
  }

  close(): Promise<void> {
    return this.#closed ??= this.#store.close();
  }

  /** A method that gives a promise must not throw, and a store that is closed is asked nothing. */
  #ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      if (this.#closed === undefined) return work();
      throw new ChatBoxError("closed", "Cannot use the store: it is closed");
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
