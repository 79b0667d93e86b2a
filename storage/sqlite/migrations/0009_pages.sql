-- +goose Up

-- Keys of once in the order they came, those of a commit in a row: 16 bytes of digest and
-- 8 of time for each. oldest is the first of these times. Those of rows up to the counter
-- 'moved' stand in once as well, by which they are looked for (once.go).
CREATE TABLE once_log (
    number INTEGER PRIMARY KEY,
    oldest INTEGER NOT NULL,
    keys   BLOB    NOT NULL
) STRICT;

INSERT INTO once_log (oldest, keys)
SELECT at, CAST(digest || unhex(printf('%016x', at)) AS BLOB) FROM once ORDER BY at;
CREATE INDEX once_log_oldest ON once_log (oldest);
INSERT INTO counters (name, value) SELECT 'keys', coalesce(max(number), 0) FROM once_log;
INSERT INTO counters (name, value) SELECT 'moved', coalesce(max(number), 0) FROM once_log;

ALTER TABLE once RENAME TO once_before;
CREATE TABLE once (digest BLOB NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO once (digest) SELECT digest FROM once_before ORDER BY digest;
DROP TABLE once_before;

-- As many bytes as the platform's id of a reply will have: so its row is written anew
-- where it stands when it is accepted, instead of splitting its page.
ALTER TABLE outbox ADD COLUMN room BLOB;
