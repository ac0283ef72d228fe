-- One household's ledger in a schema of its own: the tables that SQLite has at the same version, with
-- the same columns in the same order, so that one SQL serves both. What each is for, and what its
-- columns mean, stands in ../migrations; here is what differs.
--
-- Every text sorts by its bytes, as in SQLite. A reading refers to its meter and its entry without
-- a foreign key: measured, each row of an import would cost seven times as much; `health` looks for
-- what refers to nothing. Numbers are counted by the program, under the lock of the one who writes.

CREATE TABLE ledger (
    id          TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE meter (
    meter         BIGINT PRIMARY KEY,
    id            TEXT COLLATE "C" NOT NULL UNIQUE,
    "column"      TEXT COLLATE "C" NOT NULL UNIQUE,
    unit          TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL CHECK (kind IN ('register', 'daily', 'interval')),
    direction     TEXT COLLATE "C" NOT NULL CHECK (direction IN ('from_grid', 'to_grid', 'generation', 'consumption')),
    digits        BIGINT,
    decimals      BIGINT NOT NULL,
    max_per_hour  BIGINT,
    zone          TEXT COLLATE "C",
    obis          TEXT COLLATE "C",
    submitted     BIGINT NOT NULL
);

CREATE TABLE device (
    meter   BIGINT NOT NULL REFERENCES meter (meter),
    device  BIGINT NOT NULL,
    serial  TEXT COLLATE "C",
    since   BIGINT,
    PRIMARY KEY (meter, device)
);

CREATE TABLE entry (
    entry       BIGINT PRIMARY KEY,
    kind        TEXT COLLATE "C" NOT NULL CHECK (kind IN ('record', 'import', 'correction', 'void', 'acceptance', 'replacement')),
    source      TEXT COLLATE "C" NOT NULL CHECK (source IN ('cli', 'http', 'import', 'sheet', 'device')),
    written_at  BIGINT NOT NULL,
    origin      TEXT COLLATE "C"
);

CREATE TABLE entry_span (
    entry     BIGINT NOT NULL REFERENCES entry (entry),
    meter     BIGINT NOT NULL,
    device    BIGINT NOT NULL,
    first_at  BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    readings  BIGINT NOT NULL,
    PRIMARY KEY (entry, meter, device)
);

CREATE TABLE reading (
    meter         BIGINT NOT NULL,
    device        BIGINT NOT NULL,
    read_at       BIGINT NOT NULL,
    span          BIGINT NOT NULL CHECK (span >= 0),
    revision      BIGINT NOT NULL CHECK (revision >= 1),
    value         BIGINT CHECK (value >= 0),
    quality       TEXT COLLATE "C" CHECK (quality IN ('estimated', 'edited', 'questionable')),
    quality_code  TEXT COLLATE "C",
    note          TEXT COLLATE "C",
    reason        TEXT COLLATE "C",
    entry         BIGINT NOT NULL,
    PRIMARY KEY (meter, device, read_at, span, revision)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER reading_is_never_changed BEFORE UPDATE ON reading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('a reading is never changed: write a new revision');
CREATE TRIGGER reading_is_never_deleted BEFORE DELETE OR TRUNCATE ON reading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('a reading is never deleted: void it');
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the log is append-only');
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the log is append-only');

CREATE TABLE finding (
    meter    BIGINT NOT NULL,
    device   BIGINT NOT NULL,
    read_at  BIGINT NOT NULL,
    span     BIGINT NOT NULL,
    rule     TEXT COLLATE "C" NOT NULL CHECK (rule IN ('less_than_previous', 'greater_than_subsequent', 'high_low', 'spike', 'overlap', 'rollover', 'conflict')),
    detail   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (meter, device, read_at, span, rule)
);

CREATE TABLE unjudged (
    meter     BIGINT NOT NULL,
    device    BIGINT NOT NULL,
    first_at  BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    PRIMARY KEY (meter, device)
);

CREATE TABLE acceptance (
    meter     BIGINT NOT NULL,
    device    BIGINT NOT NULL,
    read_at   BIGINT NOT NULL,
    span      BIGINT NOT NULL,
    revision  BIGINT NOT NULL,
    reason    TEXT COLLATE "C" NOT NULL,
    entry     BIGINT NOT NULL REFERENCES entry (entry),
    PRIMARY KEY (meter, device, read_at, span, revision)
);

CREATE TABLE batch (
    batch        BIGINT PRIMARY KEY,
    destination  TEXT COLLATE "C" NOT NULL,
    first_entry  BIGINT NOT NULL,
    last_entry   BIGINT NOT NULL CHECK (last_entry >= first_entry),
    token        BIGINT NOT NULL,
    state        TEXT COLLATE "C" NOT NULL CHECK (state IN ('sending', 'landed', 'refused', 'unknown')),
    sent_at      BIGINT NOT NULL,
    settled_at   BIGINT,
    detail       TEXT COLLATE "C"
);
CREATE UNIQUE INDEX batch_in_doubt ON batch (destination) WHERE settled_at IS NULL;
CREATE INDEX batch_landed ON batch (destination, last_entry) WHERE state = 'landed';

CREATE TABLE submission (
    submission  BIGINT PRIMARY KEY,
    account     TEXT COLLATE "C" NOT NULL,
    meter       BIGINT NOT NULL,
    device      BIGINT NOT NULL,
    read_at     BIGINT NOT NULL,
    span        BIGINT NOT NULL,
    revision    BIGINT NOT NULL,
    value       BIGINT NOT NULL,
    key         TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('due', 'sending', 'accepted', 'already', 'rejected', 'unknown')),
    receipt     TEXT COLLATE "C",
    detail      TEXT COLLATE "C",
    changed_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX submission_open ON submission (account, key)
    WHERE state IN ('due', 'sending', 'accepted', 'already', 'unknown');
CREATE INDEX submission_of_reading ON submission (meter, device, read_at, span);
CREATE INDEX submission_of_account ON submission (account, submission);

CREATE TABLE attempt (
    submission   BIGINT NOT NULL REFERENCES submission (submission),
    attempt      BIGINT NOT NULL,
    channel      TEXT COLLATE "C" NOT NULL,
    started_at   BIGINT NOT NULL,
    finished_at  BIGINT,
    outcome      TEXT COLLATE "C",
    answer       TEXT COLLATE "C",
    PRIMARY KEY (submission, attempt)
);

CREATE TABLE memo (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value       TEXT COLLATE "C" NOT NULL,
    written_at  BIGINT NOT NULL
);

CREATE TABLE seen (
    destination  TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    value        BYTEA NOT NULL,
    PRIMARY KEY (destination, kind, name)
);

CREATE TABLE rival (
    meter     BIGINT NOT NULL,
    device    BIGINT NOT NULL,
    read_at   BIGINT NOT NULL,
    span      BIGINT NOT NULL,
    told_by   TEXT COLLATE "C" NOT NULL,
    revision  BIGINT NOT NULL,
    value     BIGINT,
    PRIMARY KEY (meter, device, read_at, span, told_by)
);

CREATE TABLE client (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name          TEXT COLLATE "C" NOT NULL UNIQUE,
    scopes        TEXT COLLATE "C" NOT NULL,
    meters        TEXT COLLATE "C",
    created_at    BIGINT NOT NULL,
    revoked_at    BIGINT,
    tokens_since  BIGINT
);

CREATE TABLE client_secret (
    client       TEXT COLLATE "C" NOT NULL REFERENCES client (id),
    hash         TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    valid_until  BIGINT,
    PRIMARY KEY (client, hash)
);

CREATE TABLE refused_token (
    token       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    refused_at  BIGINT NOT NULL
);

CREATE TABLE audit (
    audit    BIGINT PRIMARY KEY,
    at       BIGINT NOT NULL,
    event    TEXT COLLATE "C" NOT NULL,
    client   TEXT COLLATE "C",
    address  TEXT COLLATE "C",
    request  TEXT COLLATE "C",
    detail   TEXT COLLATE "C",
    entry    BIGINT
);
CREATE INDEX audit_of_strangers ON audit (at) WHERE client IS NULL AND address IS NOT NULL;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the audit log is append-only');

CREATE TABLE answer (
    client       TEXT COLLATE "C" NOT NULL,
    key          TEXT COLLATE "C" NOT NULL,
    fingerprint  BYTEA NOT NULL,
    status       BIGINT NOT NULL,
    body         BYTEA NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (client, key)
);
CREATE INDEX answer_by_age ON answer (at);

CREATE VIEW readings_as_text AS
SELECT m.id AS meter,
       r.device,
       to_char(to_timestamp(r.read_at / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS read_at,
       CASE WHEN r.span > 0 THEN to_char(to_timestamp((r.read_at - r.span) / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') END AS starts_at,
       r.revision,
       CASE WHEN r.value IS NULL THEN 'void' ELSE (r.value / 1000000)::text || '.' || lpad((r.value % 1000000)::text, 6, '0') END AS value,
       m.unit,
       coalesce(r.quality, 'actual') AS quality,
       e.source,
       r.note,
       r.reason,
       r.entry
FROM reading AS r JOIN meter AS m USING (meter) JOIN entry AS e USING (entry);

-- What only a ledger that several machines share needs. None of it is a ledger's content: a copy
-- of a ledger does without.

-- Each connection's last write, written with it: whose answer to a COMMIT was lost looks here.
CREATE TABLE writer (
    id    TEXT COLLATE "C" PRIMARY KEY,
    turn  BIGINT NOT NULL,               -- 1, 2, 3 ... within its connection
    at    TIMESTAMPTZ NOT NULL           -- by the server's clock
) WITH (fillfactor = 50);
CREATE INDEX writer_by_age ON writer (at);

-- Which job runs, and where: held by compare-and-set, until it is given back or runs out.
CREATE TABLE lease (
    job      TEXT COLLATE "C" PRIMARY KEY,
    holder   TEXT COLLATE "C" NOT NULL,  -- one run's own id
    who      TEXT COLLATE "C" NOT NULL,  -- the machine and the process, for people
    since    TIMESTAMPTZ NOT NULL,       -- all by the server's clock
    renewed  TIMESTAMPTZ NOT NULL,
    until    TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 50);

-- How often somebody may ask over HTTP, for all shims together: when each bucket is full again.
CREATE UNLOGGED TABLE bucket (
    bucket  BYTEA PRIMARY KEY,           -- a hash of the rate and of whom it limits
    full_at TIMESTAMPTZ NOT NULL         -- by the server's clock
) WITH (fillfactor = 50);
CREATE INDEX bucket_by_age ON bucket (full_at);
