-- Schema 2: how many encryptions devices were granted under each generation of a project key that
-- stays in a device. docs/format.md, section 4.

CREATE TABLE encryptions (
    project_id  BLOB    NOT NULL,
    generation  INTEGER NOT NULL,
    granted     INTEGER NOT NULL,
    row_version INTEGER NOT NULL,
    mac         BLOB    NOT NULL,
    PRIMARY KEY (project_id, generation)
) STRICT, WITHOUT ROWID;
