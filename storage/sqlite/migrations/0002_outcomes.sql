-- +goose Up

-- What the runtime keeps about a person beside the flows.
ALTER TABLE contacts ADD COLUMN prefs BLOB;

CREATE TABLE outcomes (
    number  INTEGER PRIMARY KEY,
    contact TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    value   REAL    NOT NULL,
    flow    TEXT    NOT NULL,
    step    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    input   TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX outcomes_contact ON outcomes (contact, kind, name, input);
CREATE INDEX outcomes_at ON outcomes (at);
