-- What a Sheet showed when it was last read, as far as the log does not say it: which rows are
-- there, which cells a person has changed, which rows were typed in, what was told of it already.
CREATE TABLE seen (
    destination  TEXT NOT NULL,      -- the spreadsheet's id and the tab
    kind         TEXT NOT NULL,      -- of what is remembered: rows, cell, typed, notice
    name         TEXT NOT NULL,      -- what it is of
    value        BLOB NOT NULL,
    PRIMARY KEY (destination, kind, name)
) WITHOUT ROWID;

-- Another value that a slot has elsewhere, at a revision that exists here with a value of its own.
-- While it concerns the truth, neither value is submitted.
CREATE TABLE rival (
    meter     INTEGER NOT NULL,
    device    INTEGER NOT NULL,
    read_at   INTEGER NOT NULL,
    span      INTEGER NOT NULL,
    told_by   TEXT    NOT NULL,      -- the destination, its row, the meter
    revision  INTEGER NOT NULL,
    value     INTEGER,               -- null: void
    PRIMARY KEY (meter, device, read_at, span, told_by)
) WITHOUT ROWID;

-- The same table with one rule more.
ALTER TABLE finding RENAME TO finding_before;
CREATE TABLE finding (
    meter    INTEGER NOT NULL,
    device   INTEGER NOT NULL,
    read_at  INTEGER NOT NULL,
    span     INTEGER NOT NULL,
    rule     TEXT    NOT NULL CHECK (rule IN ('less_than_previous', 'greater_than_subsequent', 'high_low', 'spike', 'overlap', 'rollover', 'conflict')),
    detail   TEXT    NOT NULL,
    PRIMARY KEY (meter, device, read_at, span, rule)
) WITHOUT ROWID;
INSERT INTO finding SELECT meter, device, read_at, span, rule, detail FROM finding_before;
DROP TABLE finding_before;
