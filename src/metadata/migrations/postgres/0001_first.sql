-- Schema 1. What each column means and how `mac` is computed: docs/format.md, section 4.
-- The same tables as in SQLite. Names are compared by their bytes. No table here ever holds a payload.

CREATE TABLE store (
    store_id     bytea  NOT NULL PRIMARY KEY,
    epoch        bigint NOT NULL,
    created_at   bigint NOT NULL,
    backed_up_at bigint,
    file         bytea,
    row_version  bigint NOT NULL,
    mac          bytea  NOT NULL
);

CREATE TABLE clock (
    stamp       bigint NOT NULL,
    row_version bigint NOT NULL,
    mac         bytea  NOT NULL
);

CREATE TABLE root_keys (
    backend     text COLLATE "C" NOT NULL,
    root_key_id text COLLATE "C" NOT NULL,
    state       bigint           NOT NULL,
    check_value bytea            NOT NULL,
    created_at  bigint           NOT NULL,
    row_version bigint           NOT NULL,
    mac         bytea            NOT NULL,
    PRIMARY KEY (backend, root_key_id)
);

CREATE TABLE keys (
    key_id      bytea            NOT NULL,
    project_id  bytea            NOT NULL,
    generation  bigint           NOT NULL,
    state       bigint           NOT NULL,
    backend     text COLLATE "C" NOT NULL,
    root_key_id text COLLATE "C" NOT NULL,
    wrapped     bytea            NOT NULL,
    created_at  bigint           NOT NULL,
    row_version bigint           NOT NULL,
    mac         bytea            NOT NULL,
    PRIMARY KEY (project_id, generation)
);

CREATE INDEX keys_by_root ON keys (backend, root_key_id);

CREATE TABLE projects (
    project_id  bytea            NOT NULL PRIMARY KEY,
    name        text COLLATE "C" NOT NULL,
    state       bigint           NOT NULL,
    backend     text COLLATE "C" NOT NULL,
    epoch       bigint           NOT NULL,
    generation  bigint           NOT NULL,
    created_at  bigint           NOT NULL,
    row_version bigint           NOT NULL,
    mac         bytea            NOT NULL
);

CREATE UNIQUE INDEX projects_live ON projects (name) WHERE state = 1;
CREATE INDEX projects_erasing ON projects (project_id) WHERE state = 2;

CREATE TABLE secrets (
    secret_id     bytea            NOT NULL,
    project_id    bytea            NOT NULL,
    name          text COLLATE "C" NOT NULL,
    project_epoch bigint           NOT NULL,
    secret_type   bigint           NOT NULL,
    content_type  text COLLATE "C",
    labels        bytea            NOT NULL,
    next_number   bigint           NOT NULL,
    created_at    bigint           NOT NULL,
    updated_at    bigint           NOT NULL,
    row_version   bigint           NOT NULL,
    mac           bytea            NOT NULL,
    PRIMARY KEY (project_id, name)
);

CREATE TABLE versions (
    version_id     bytea  NOT NULL,
    secret_id      bytea  NOT NULL,
    number         bigint NOT NULL,
    project_epoch  bigint NOT NULL,
    state          bigint NOT NULL,
    reference      bytea,
    locator        bytea,
    generation     bigint NOT NULL,
    size           bigint NOT NULL,
    created_at     bigint NOT NULL,
    activates_at   bigint,
    expires_at     bigint,
    deactivated_at bigint,
    compromised_at bigint,
    destroyed_at   bigint,
    row_version    bigint NOT NULL,
    mac            bytea  NOT NULL,
    PRIMARY KEY (secret_id, number)
);

CREATE INDEX versions_expiring ON versions (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE claims (
    reference bytea  NOT NULL PRIMARY KEY,
    state     bigint NOT NULL
);

CREATE TABLE erasures (
    version_id   bytea            NOT NULL PRIMARY KEY,
    project_id   bytea            NOT NULL,
    secret_id    bytea            NOT NULL,
    backend      text COLLATE "C" NOT NULL,
    reference    bytea,
    locator      bytea,
    name_hash    bytea            NOT NULL,
    requested_at bigint           NOT NULL,
    done_at      bigint,
    row_version  bigint           NOT NULL,
    mac          bytea            NOT NULL
);

CREATE INDEX erasures_pending ON erasures (project_id, secret_id) WHERE done_at IS NULL;
