import {
  ChatBoxError,
  type ConnectionDraft,
  type ConnectionRecord,
  type JsonObject,
  type Side,
  type Uuid,
} from "../core/mod.ts";
import type { Database, Statement } from "./database.ts";
import { fromText, toText } from "./text.ts";

interface ConnectionRow {
  readonly uid: Uuid;
  readonly s1_id: string | null;
  readonly s2_id: string | null;
  readonly s1_active: number;
  readonly s2_active: number;
  readonly created_at: number;
  readonly last_seen_at: number;
}

const COLUMNS = "uid, s1_id, s2_id, s1_active, s2_active, created_at, last_seen_at";

/** The statements of the `connections` table. */
export class ConnectionTable {
  readonly #byUid: Statement<ConnectionRow>;
  readonly #byId: Readonly<Record<Side, Statement<ConnectionRow>>>;
  readonly #insert: Statement;
  readonly #setId: Readonly<Record<Side, Statement>>;
  readonly #setActive: Readonly<Record<Side, Statement>>;
  readonly #touch: Statement;
  readonly #properties: Statement<{ properties: string }>;
  readonly #setProperties: Statement;

  constructor(database: Database) {
    this.#byUid = database.prepare(`SELECT ${COLUMNS} FROM connections WHERE uid = ?`);
    this.#byId = {
      1: database.prepare(`SELECT ${COLUMNS} FROM connections WHERE s1_id = ?`),
      2: database.prepare(`SELECT ${COLUMNS} FROM connections WHERE s2_id = ?`),
    };
    this.#insert = database.prepare(`
      INSERT INTO connections (uid, s1_id, s2_id, properties, created_at, last_seen_at) VALUES (?, ?, ?, ?, ?, ?)`);
    this.#setId = {
      1: database.prepare("UPDATE connections SET s1_id = ? WHERE uid = ?"),
      2: database.prepare("UPDATE connections SET s2_id = ? WHERE uid = ?"),
    };
    this.#setActive = {
      1: database.prepare("UPDATE connections SET s1_active = ? WHERE uid = ?"),
      2: database.prepare("UPDATE connections SET s2_active = ? WHERE uid = ?"),
    };
    this.#touch = database.prepare(
      "UPDATE connections SET last_seen_at = max(last_seen_at, ?) WHERE uid = ?",
    );
    this.#properties = database.prepare("SELECT properties FROM connections WHERE uid = ?");
    this.#setProperties = database.prepare("UPDATE connections SET properties = ? WHERE uid = ?");
  }

  find(uid: Uuid): ConnectionRecord | undefined {
    return decode(this.#byUid.get(uid));
  }

  findById(side: Side, id: string): ConnectionRecord | undefined {
    return decode(this.#byId[side].get(toText(id)));
  }

  /** @throws {ChatBoxError} `conflict` */
  insert({ uid, ids, properties = {}, at }: ConnectionDraft): ConnectionRecord {
    if (this.find(uid) !== undefined) {
      throw new ChatBoxError("conflict", `Cannot create a connection: the uid ${uid} is taken`);
    }
    for (const side of [1, 2] as const) this.#checkFree(side, ids[side]);
    this.#insert.run(uid, textOrNull(ids[1]), textOrNull(ids[2]), JSON.stringify(properties), at, at);
    return { uid, ids, active: { 1: true, 2: true }, createdAt: at, lastSeenAt: at };
  }

  /** @throws {ChatBoxError} `conflict`, `not_found` */
  setId(uid: Uuid, side: Side, id: string | null): ConnectionRecord {
    const record = this.require(uid);
    if (record.ids[side] === id) return record;
    this.#checkFree(side, id);
    this.#setId[side].run(textOrNull(id), uid);
    return this.require(uid);
  }

  /** @throws {ChatBoxError} `not_found` */
  setActive(uid: Uuid, side: Side, active: boolean): ConnectionRecord {
    this.#setActive[side].run(active ? 1 : 0, uid);
    return this.require(uid);
  }

  touch(uid: Uuid, at: number): void {
    if (this.#touch.run(at, uid) === 0) throw unknown(uid);
  }

  properties(uid: Uuid): JsonObject {
    const row = this.#properties.get(uid);
    if (row === undefined) throw unknown(uid);
    return JSON.parse(row.properties);
  }

  setProperties(uid: Uuid, properties: JsonObject): void {
    this.#setProperties.run(JSON.stringify(properties), uid);
  }

  /** @throws {ChatBoxError} `not_found` */
  require(uid: Uuid): ConnectionRecord {
    const record = this.find(uid);
    if (record === undefined) throw unknown(uid);
    return record;
  }

  #checkFree(side: Side, id: string | null): void {
    if (id !== null && this.findById(side, id) !== undefined) {
      throw new ChatBoxError("conflict", `Cannot use the id ${id} of service ${side}: it is taken`);
    }
  }
}

function unknown(uid: Uuid): ChatBoxError {
  return new ChatBoxError("not_found", `Cannot find connection ${uid}: no such uid`);
}

function decode(row: ConnectionRow | undefined): ConnectionRecord | undefined {
  return row && {
    uid: row.uid,
    ids: {
      1: row.s1_id === null ? null : fromText(row.s1_id),
      2: row.s2_id === null ? null : fromText(row.s2_id),
    },
    active: { 1: row.s1_active === 1, 2: row.s2_active === 1 },
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
  };
}

function textOrNull(id: string | null): string | null {
  return id === null ? null : toText(id);
}
