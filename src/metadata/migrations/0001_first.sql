-- Schema 1. What each column means and how `mac` is computed: docs/format.md, section 4.
-- WITHOUT ROWID saves a look-up per row; no table here ever holds a payload.

CREATE TABLE store (
    store_id     BLOB    NOT NULL PRIMARY KEY,
    epoch        INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    backed_up_at INTEGER,
    file         BLOB,
    row_version  INTEGER NOT NULL,
    mac          BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE clock (
    stamp       INTEGER NOT NULL,
    row_version INTEGER NOT NULL,
    mac         BLOB    NOT NULL
) STRICT;

CREATE TABLE root_keys (
    backend     TEXT    NOT NULL,
    root_key_id TEXT    NOT NULL,
    state       INTEGER NOT NULL,
    check_value BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    row_version INTEGER NOT NULL,
    mac         BLOB    NOT NULL,
    PRIMARY KEY (backend, root_key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
    key_id      BLOB    NOT NULL,
    project_id  BLOB    NOT NULL,
    generation  INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    backend     TEXT    NOT NULL,
    root_key_id TEXT    NOT NULL,
    wrapped     BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    row_version INTEGER NOT NULL,
    mac         BLOB    NOT NULL,
    PRIMARY KEY (project_id, generation)
) STRICT, WITHOUT ROWID;

CREATE INDEX keys_by_root ON keys (backend, root_key_id);

CREATE TABLE projects (
    project_id  BLOB    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    state       INTEGER NOT NULL,
    backend     TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    generation  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    row_version INTEGER NOT NULL,
    mac         BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX projects_live ON projects (name) WHERE state = 1;
CREATE INDEX projects_erasing ON projects (project_id) WHERE state = 2;

CREATE TABLE secrets (
    secret_id     BLOB    NOT NULL,
    project_id    BLOB    NOT NULL,
    name          TEXT    NOT NULL,
    project_epoch INTEGER NOT NULL,
    secret_type   INTEGER NOT NULL,
    content_type  TEXT,
    labels        BLOB    NOT NULL,
    next_number   INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    row_version   INTEGER NOT NULL,
    mac           BLOB    NOT NULL,
    PRIMARY KEY (project_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE versions (
    version_id     BLOB    NOT NULL,
    secret_id      BLOB    NOT NULL,
    number         INTEGER NOT NULL,
    project_epoch  INTEGER NOT NULL,
    state          INTEGER NOT NULL,
    reference      BLOB,
    locator        BLOB,
    generation     INTEGER NOT NULL,
    size           INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    activates_at   INTEGER,
    expires_at     INTEGER,
    deactivated_at INTEGER,
    compromised_at INTEGER,
    destroyed_at   INTEGER,
    row_version    INTEGER NOT NULL,
    mac            BLOB    NOT NULL,
    PRIMARY KEY (secret_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX versions_expiring ON versions (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE claims (
    reference BLOB    NOT NULL PRIMARY KEY,
    state     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE erasures (
    version_id   BLOB    NOT NULL PRIMARY KEY,
    project_id   BLOB    NOT NULL,
    secret_id    BLOB    NOT NULL,
    backend      TEXT    NOT NULL,
    reference    BLOB,
    locator      BLOB,
    name_hash    BLOB    NOT NULL,
    requested_at INTEGER NOT NULL,
    done_at      INTEGER,
    row_version  INTEGER NOT NULL,
    mac          BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX erasures_pending ON erasures (project_id, secret_id) WHERE done_at IS NULL;
