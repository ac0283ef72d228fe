-- What must be known between runs, beside the readings: how far a Sheet has been read, since when
-- a utility gets readings, when a job last ended well.
CREATE TABLE memo (
    name        TEXT    NOT NULL PRIMARY KEY,
    value       TEXT    NOT NULL,
    written_at  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX submission_of_account ON submission (account, submission);
