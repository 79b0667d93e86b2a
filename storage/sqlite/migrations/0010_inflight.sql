-- +goose Up

-- Sends that were claimed as they were put, those of a commit in a row (inflight.go): gone
-- has a byte for each, 1 when it is settled. opening is who claimed them.
CREATE TABLE inflight (
    number  INTEGER PRIMARY KEY,
    opening INTEGER NOT NULL,
    gone    BLOB    NOT NULL,
    sends   BLOB    NOT NULL
) STRICT;
INSERT INTO counters (name, value) VALUES ('inflight', 0);

-- A reply is put into its row when it has its id.
ALTER TABLE outbox DROP COLUMN room;
