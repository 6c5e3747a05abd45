-- A rowid table: secure_delete leaves remnants in WITHOUT ROWID tables.
CREATE TABLE payloads (
    id        INTEGER PRIMARY KEY,
    reference BLOB NOT NULL UNIQUE CHECK (length(reference) = 16),
    envelope  BLOB NOT NULL
) STRICT;

CREATE TABLE marker (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    store_id BLOB NOT NULL CHECK (length(store_id) = 16),
    epoch    INTEGER NOT NULL
) STRICT;
