-- +goose Up

-- What the figures group outcomes by. Those of before belong to no notification.
ALTER TABLE outcomes ADD COLUMN topic      TEXT    NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN trigger_id TEXT    NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN occurrence TEXT    NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN lane       TEXT    NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN variant    TEXT    NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN locale     TEXT    NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN currency   TEXT    NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN amount     INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outcomes_occurrence ON outcomes (trigger_id, occurrence, kind, name, contact) WHERE trigger_id <> '';
