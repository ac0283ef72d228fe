-- The programs and phones that may use this ledger over HTTP.
CREATE TABLE client (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    scopes        TEXT    NOT NULL,        -- separated by spaces
    meters        TEXT,                    -- ids, separated by spaces; null: all
    created_at    INTEGER NOT NULL,
    revoked_at    INTEGER,                 -- null: not revoked
    tokens_since  INTEGER                  -- null: no token is refused for its age
);

-- What they prove themselves with: argon2id, never the secret itself.
CREATE TABLE client_secret (
    client       TEXT    NOT NULL REFERENCES client (id),
    hash         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    valid_until  INTEGER,                  -- null: until another one takes its place
    PRIMARY KEY (client, hash)
) WITHOUT ROWID;

-- Tokens that are refused before they expire. The empty id stands for all issued before refused_at.
CREATE TABLE refused_token (
    token       TEXT    NOT NULL PRIMARY KEY,
    refused_at  INTEGER NOT NULL
) WITHOUT ROWID;

-- Security events and writes over HTTP.
CREATE TABLE audit (
    audit    INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    event    TEXT    NOT NULL,
    client   TEXT,
    address  TEXT,
    request  TEXT,
    detail   TEXT,
    entry    INTEGER                       -- what a write wrote; null: nothing new, or no write
);
CREATE INDEX audit_of_strangers ON audit (at) WHERE client IS NULL AND address IS NOT NULL;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- What a request with an idempotency key was answered, written with what it tells of.
CREATE TABLE answer (
    client       TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    fingerprint  BLOB    NOT NULL,
    status       INTEGER NOT NULL,
    body         BLOB    NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (client, key)
) WITHOUT ROWID;
CREATE INDEX answer_by_age ON answer (at);
