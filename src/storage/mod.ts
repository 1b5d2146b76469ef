/**
 * Everything that lasts, in one SQLite file: the ChatBox's store, the visitors' sessions, single values.
 *
 * @module
 */
export {
  openStorage,
  type SessionStore,
  type Storage,
  type StorageOptions,
  type ValueStore,
} from "./storage.ts";
export { DatabaseOpenError, type OpenFault } from "./open.ts";
export { DatabaseDamage } from "./damage/database_damage.ts";
export { findDamage } from "./damage/find_damage.ts";
export { SqliteStore, type SqliteStoreOptions } from "./sqlite_store.ts";
export { type SessionRecord, SessionTable } from "./session_table.ts";
export { MetaTable } from "./meta_table.ts";
export type { CommitListener } from "./group_commit.ts";
export { Archive, type ArchivedConversation, type ArchiveStats } from "./upkeep/archive.ts";
export type { BackupOptions, BackupResult } from "./backup/backup.ts";
export { isServed } from "./upkeep/beside.ts";
export type { Backlog } from "./upkeep/backlog.ts";
export type { ForeignChanges } from "./upkeep/foreign_changes.ts";
export type { Erased } from "./upkeep/erasure.ts";
export type { RemovalStep } from "./upkeep/removal.ts";
export type { Retention } from "./upkeep/retention.ts";
export { type ByteRange, FileStore, type NewFile, type Saved } from "./file_store.ts";
export type { NoRoom, RoomLimits } from "./room.ts";
export { FileTable, type StoredFile } from "./file_table.ts";
export { IdentityTable } from "./identity_table.ts";
export { FileSweeper, type FileSweeperOptions } from "./file_sweeper.ts";
