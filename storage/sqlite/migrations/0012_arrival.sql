-- +goose Up

-- Inputs stand as they came, so that those of a commit share a page. Whose they are the
-- writer remembers (inboxes.go); of as many as it would not there is an index.
PRAGMA secure_delete = ON; -- what is dropped is what people wrote
ALTER TABLE inbox RENAME TO inbox_before;
DROP INDEX inbox_ready;
CREATE TABLE inbox (
    seq     INTEGER PRIMARY KEY,
    contact TEXT    NOT NULL,
    indexed INTEGER NOT NULL,
    head    INTEGER NOT NULL,
    ready   INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    body    BLOB
) STRICT;
INSERT INTO inbox (seq, contact, indexed, head, ready, at, attempt, kind, body)
SELECT seq, contact, 1, head, ready, at, attempt, kind, body FROM inbox_before ORDER BY seq;
DROP TABLE inbox_before;
CREATE INDEX inbox_ready ON inbox (ready) WHERE head = 1;
CREATE INDEX inbox_contact ON inbox (contact) WHERE indexed = 1;
