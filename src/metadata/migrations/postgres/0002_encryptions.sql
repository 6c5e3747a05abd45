-- Schema 2: how many encryptions devices were granted under each generation of a project key that
-- stays in a device. docs/format.md, section 4.

CREATE TABLE encryptions (
    project_id  bytea  NOT NULL,
    generation  bigint NOT NULL,
    granted     bigint NOT NULL,
    row_version bigint NOT NULL,
    mac         bytea  NOT NULL,
    PRIMARY KEY (project_id, generation)
);
