-- The log of one household's readings, and what is derived from it or delivered of it.
-- Times are milliseconds since 1970 in UTC. Values are millionths of the meter's unit.
-- `select * from readings_as_text` shows the readings as a person would write them.

CREATE TABLE ledger (
    id          TEXT    NOT NULL,  -- travels with readings, so that others know whose they are
    created_at  INTEGER NOT NULL
);

CREATE TABLE meter (
    meter         INTEGER PRIMARY KEY,     -- short, since every reading carries it
    id            TEXT    NOT NULL UNIQUE, -- the slug that people type
    "column"      TEXT    NOT NULL UNIQUE, -- its name in files and sheets
    unit          TEXT    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('register', 'daily', 'interval')),
    direction     TEXT    NOT NULL CHECK (direction IN ('from_grid', 'to_grid', 'generation', 'consumption')),
    digits        INTEGER,                 -- null: not declared, so a rollover cannot be told
    decimals      INTEGER NOT NULL,
    max_per_hour  INTEGER,                 -- null: not declared, so high_low cannot be told
    zone          TEXT,                    -- null: the one configured
    obis          TEXT,
    submitted     INTEGER NOT NULL         -- 1: its readings go to the utility
);

-- The physical things behind a meter, one after the other. Their first and last values are readings.
CREATE TABLE device (
    meter   INTEGER NOT NULL REFERENCES meter (meter),
    device  INTEGER NOT NULL,              -- 1, 2, 3 ... within its meter
    serial  TEXT,                          -- null: never told
    since   INTEGER,                       -- null: since ever
    PRIMARY KEY (meter, device)
) WITHOUT ROWID;

-- The log. One entry is one write: a record, a block of an import, a correction ...
-- Entry numbers are given in commit order; a destination is a cursor over them.
CREATE TABLE entry (
    entry       INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL CHECK (kind IN ('record', 'import', 'correction', 'void', 'acceptance', 'replacement')),
    source      TEXT    NOT NULL CHECK (source IN ('cli', 'http', 'import', 'sheet', 'device')),
    written_at  INTEGER NOT NULL,
    origin      TEXT                       -- the file of an import; null: typed
);

-- Which stretch of which device's readings an entry wrote, so that an entry's readings are
-- found by a range of the clustered key instead of an index on every reading.
CREATE TABLE entry_span (
    entry     INTEGER NOT NULL REFERENCES entry (entry),
    meter     INTEGER NOT NULL,
    device    INTEGER NOT NULL,
    first_at  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL,
    readings  INTEGER NOT NULL,
    PRIMARY KEY (entry, meter, device)
) WITHOUT ROWID;

-- Every revision of every slot. The truth of a slot is its highest revision.
CREATE TABLE reading (
    meter         INTEGER NOT NULL REFERENCES meter (meter),
    device        INTEGER NOT NULL,
    read_at       INTEGER NOT NULL,
    span          INTEGER NOT NULL CHECK (span >= 0),  -- length of an interval that ends at read_at; else 0
    revision      INTEGER NOT NULL CHECK (revision >= 1),
    value         INTEGER CHECK (value >= 0),          -- null: void, it never was
    quality       TEXT CHECK (quality IN ('estimated', 'edited', 'questionable')),  -- null: actual, the usual
    quality_code  TEXT,                                -- as the vendor wrote it
    note          TEXT,
    reason        TEXT,                                -- why it was corrected or voided
    entry         INTEGER NOT NULL REFERENCES entry (entry),
    PRIMARY KEY (meter, device, read_at, span, revision)
) WITHOUT ROWID;

CREATE TRIGGER reading_is_never_changed BEFORE UPDATE ON reading
BEGIN SELECT RAISE(ABORT, 'a reading is never changed: write a new revision'); END;
CREATE TRIGGER reading_is_never_deleted BEFORE DELETE ON reading
BEGIN SELECT RAISE(ABORT, 'a reading is never deleted: void it'); END;
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

-- What a reading's neighbours say of it; derived, and kept so that it need not be derived again.
CREATE TABLE finding (
    meter    INTEGER NOT NULL,
    device   INTEGER NOT NULL,
    read_at  INTEGER NOT NULL,
    span     INTEGER NOT NULL,
    rule     TEXT    NOT NULL CHECK (rule IN ('less_than_previous', 'greater_than_subsequent', 'high_low', 'spike', 'overlap', 'rollover')),
    detail   TEXT    NOT NULL,
    PRIMARY KEY (meter, device, read_at, span, rule)
) WITHOUT ROWID;

-- Stretches whose findings are yet to be derived: an import leaves them to its end.
CREATE TABLE unjudged (
    meter     INTEGER NOT NULL,
    device    INTEGER NOT NULL,
    first_at  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL,
    PRIMARY KEY (meter, device)
) WITHOUT ROWID;

-- A person looked at one revision's findings and found it true all the same.
CREATE TABLE acceptance (
    meter     INTEGER NOT NULL,
    device    INTEGER NOT NULL,
    read_at   INTEGER NOT NULL,
    span      INTEGER NOT NULL,
    revision  INTEGER NOT NULL,
    reason    TEXT    NOT NULL,
    entry     INTEGER NOT NULL REFERENCES entry (entry),
    PRIMARY KEY (meter, device, read_at, span, revision)
) WITHOUT ROWID;

-- A range of entries sent to a Sheet together, as one atomic request that claims one token.
CREATE TABLE batch (
    batch        INTEGER PRIMARY KEY,
    destination  TEXT    NOT NULL,      -- the spreadsheet's id and the tab
    first_entry  INTEGER NOT NULL,
    last_entry   INTEGER NOT NULL CHECK (last_entry >= first_entry),
    token        INTEGER NOT NULL,      -- the developer metadata id it claims
    state        TEXT    NOT NULL CHECK (state IN ('sending', 'landed', 'refused', 'unknown')),
    sent_at      INTEGER NOT NULL,      -- written before the request leaves
    settled_at   INTEGER,               -- null: not known yet how it ended
    detail       TEXT
);
-- One delivery at a time for a destination: the next may start when this one is settled.
CREATE UNIQUE INDEX batch_in_doubt ON batch (destination) WHERE settled_at IS NULL;
CREATE INDEX batch_landed ON batch (destination, last_entry) WHERE state = 'landed';

-- One reading handed to the utility.
CREATE TABLE submission (
    submission  INTEGER PRIMARY KEY,
    account     TEXT    NOT NULL,       -- the utility's endpoint
    meter       INTEGER NOT NULL,
    device      INTEGER NOT NULL,
    read_at     INTEGER NOT NULL,
    span        INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    value       INTEGER NOT NULL,       -- as sent
    key         TEXT    NOT NULL,       -- the idempotency key; holds nothing local to this ledger
    state       TEXT    NOT NULL CHECK (state IN ('due', 'sending', 'accepted', 'already', 'rejected', 'unknown')),
    receipt     TEXT,                   -- the proof; null until accepted
    detail      TEXT,                   -- the reason of a rejection, or what is in doubt
    changed_at  INTEGER NOT NULL
);
-- Never two submissions of one key that are under way, in doubt or taken.
CREATE UNIQUE INDEX submission_open ON submission (account, key)
    WHERE state IN ('due', 'sending', 'accepted', 'already', 'unknown');
CREATE INDEX submission_of_reading ON submission (meter, device, read_at, span);

-- Each request of a submission, written before it leaves, finished when its answer is read.
CREATE TABLE attempt (
    submission   INTEGER NOT NULL REFERENCES submission (submission),
    attempt      INTEGER NOT NULL,
    channel      TEXT    NOT NULL,      -- 'api' or 'portal'
    started_at   INTEGER NOT NULL,
    finished_at  INTEGER,               -- null: no answer was read
    outcome      TEXT,
    answer       TEXT,                  -- as it came, without secrets
    PRIMARY KEY (submission, attempt)
) WITHOUT ROWID;

CREATE VIEW readings_as_text AS
SELECT m.id AS meter,
       r.device,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.read_at / 1000.0, 'unixepoch') AS read_at,
       CASE WHEN r.span > 0 THEN strftime('%Y-%m-%dT%H:%M:%fZ', (r.read_at - r.span) / 1000.0, 'unixepoch') END AS starts_at,
       r.revision,
       CASE WHEN r.value IS NULL THEN 'void' ELSE printf('%d.%06d', r.value / 1000000, r.value % 1000000) END AS value,
       m.unit,
       coalesce(r.quality, 'actual') AS quality,
       e.source,
       r.note,
       r.reason,
       r.entry
FROM reading AS r JOIN meter AS m USING (meter) JOIN entry AS e USING (entry);
