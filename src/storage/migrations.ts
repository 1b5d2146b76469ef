/**
 * The steps from an empty file to today's tables. Append only: a step that has been released never changes. Each runs in a transaction
 * of its own and raises `user_version` by one.
 */
export const MIGRATIONS: readonly string[] = [
  // 1: connections, messages and what waits for delivery
  `
  CREATE TABLE connections (
    id            INTEGER PRIMARY KEY,
    uid           TEXT NOT NULL UNIQUE,
    s1_id         TEXT UNIQUE,
    s2_id         TEXT UNIQUE,
    -- 0 for a client that has been deactivated: what comes for it waits
    s1_active     INTEGER NOT NULL DEFAULT 1,
    s2_active     INTEGER NOT NULL DEFAULT 1,
    properties    TEXT NOT NULL DEFAULT '{}',
    -- where counting goes on when the newest messages have been removed; else the messages tell
    seq_floor     INTEGER NOT NULL DEFAULT 0,
    rev_floor     INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL
  ) STRICT;

  -- Appended in rowid order with one index, because a commit costs what it touches in pages.
  CREATE TABLE messages (
    id             INTEGER PRIMARY KEY,
    connection_id  INTEGER NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    seq            INTEGER NOT NULL,
    -- the rev it took when it was stored: grows with seq
    rev            INTEGER NOT NULL,
    -- the rev of its last edit, deletion or failure
    changed_rev    INTEGER,
    side           INTEGER NOT NULL,
    cid            TEXT,
    content        TEXT NOT NULL,
    -- JSON: author, replyTo, files, data
    extra          TEXT,
    created_at     INTEGER NOT NULL,
    edited_at      INTEGER,
    deleted_at     INTEGER,
    failed         TEXT
  ) STRICT;
  CREATE UNIQUE INDEX messages_by_seq ON messages (connection_id, seq);
  CREATE INDEX messages_changed ON messages (connection_id, changed_rev) WHERE changed_rev IS NOT NULL;

  -- How far each side has come with what the other sent.
  CREATE TABLE deliveries (
    connection_id  INTEGER NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    side           INTEGER NOT NULL,
    pending        INTEGER NOT NULL DEFAULT 0,
    seq            INTEGER NOT NULL DEFAULT 0,
    rev            INTEGER NOT NULL DEFAULT 0,
    read_seq       INTEGER NOT NULL DEFAULT 0,
    -- JSON: what an unconfirmed attempt has planned
    note           TEXT,
    -- the side's own position up to which its messages have been taken in
    cursor         TEXT,
    PRIMARY KEY (connection_id, side)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deliveries_pending ON deliveries (side, connection_id) WHERE pending = 1;

  -- One message may be several messages in a service, or several may be one there.
  CREATE TABLE remote_messages (
    connection_id  INTEGER NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    side           INTEGER NOT NULL,
    seq            INTEGER NOT NULL,
    part           INTEGER NOT NULL,
    remote_id      TEXT NOT NULL,
    PRIMARY KEY (connection_id, side, seq, part)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX remote_messages_by_id ON remote_messages (connection_id, side, remote_id);

  CREATE TABLE sessions (
    secret_hash    BLOB PRIMARY KEY,
    connection_id  INTEGER NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    created_at     INTEGER NOT NULL,
    last_used_at   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_by_connection ON sessions (connection_id);

  CREATE TABLE meta (
    key    TEXT PRIMARY KEY,
    value  BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,

  // 2: files, and who is signed in where
  `
  -- A file lies in the folder beside the database, under its id. It belongs to a conversation that need not exist yet: a
  -- visitor chooses a file before the first message is sent.
  CREATE TABLE files (
    id          TEXT PRIMARY KEY,
    uid         TEXT NOT NULL,
    side        INTEGER NOT NULL,
    name        TEXT NOT NULL,
    type        TEXT NOT NULL,
    size        INTEGER NOT NULL,
    width       INTEGER,
    height      INTEGER,
    created_at  INTEGER NOT NULL,
    -- the message that is about to name it, by its sender's own id
    cid         TEXT,
    -- a stored message names it
    used        INTEGER NOT NULL DEFAULT 0,
    -- its message or its conversation is gone: the bytes are to go as well
    removed     INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX files_by_uid ON files (uid, cid);
  CREATE INDEX files_unused ON files (created_at) WHERE used = 0;
  CREATE INDEX files_removed ON files (id) WHERE removed = 1;

  -- In the transaction of the message itself, so that no crash can part the two.
  CREATE TRIGGER files_used AFTER INSERT ON messages
  WHEN NEW.extra IS NOT NULL AND instr(NEW.extra, '"files":[') > 0
  BEGIN
    UPDATE files SET used = 1
    WHERE id IN (SELECT value ->> 'id' FROM json_each(NEW.extra, '$.files'))
      AND uid = (SELECT uid FROM connections WHERE id = NEW.connection_id);
  END;
  -- A deleted message names none any more.
  CREATE TRIGGER files_of_changed_message AFTER UPDATE OF extra ON messages
  WHEN NEW.extra IS NOT OLD.extra AND (instr(OLD.extra, '"files":[') > 0 OR instr(NEW.extra, '"files":[') > 0)
  BEGIN
    UPDATE files SET used = 1
    WHERE id IN (SELECT value ->> 'id' FROM json_each(NEW.extra, '$.files'))
      AND uid = (SELECT uid FROM connections WHERE id = NEW.connection_id);
    UPDATE files SET removed = 1
    WHERE id IN (SELECT value ->> 'id' FROM json_each(OLD.extra, '$.files'))
      AND id NOT IN (SELECT value ->> 'id' FROM json_each(coalesce(NEW.extra, '{}'), '$.files'))
      AND uid = (SELECT uid FROM connections WHERE id = NEW.connection_id);
  END;
  CREATE TRIGGER files_of_deleted_connection AFTER DELETE ON connections
  BEGIN
    UPDATE files SET removed = 1 WHERE uid = OLD.uid;
  END;

  -- The conversation that is whose who signed in: the one they were writing in, or one made for them.
  CREATE TABLE identities (
    subject_hash  BLOB PRIMARY KEY,
    uid           TEXT NOT NULL UNIQUE REFERENCES connections (uid) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  `,

  // 3: a trigger on every insert costs a quarter of it; who stores a message with files marks them in the same transaction
  `
  DROP TRIGGER files_used;
  `,
];
