-- Envelopes are ciphertext, which no compression makes smaller.
CREATE TABLE payloads (
    reference bytea NOT NULL PRIMARY KEY CHECK (length(reference) = 16),
    envelope  bytea NOT NULL
);
ALTER TABLE payloads ALTER COLUMN envelope SET STORAGE EXTERNAL;

CREATE TABLE marker (
    id       bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    store_id bytea  NOT NULL CHECK (length(store_id) = 16),
    epoch    bigint NOT NULL
);
