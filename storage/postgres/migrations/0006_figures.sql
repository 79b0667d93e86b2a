-- +goose Up

-- What the figures group outcomes by. Those of before belong to no notification.
ALTER TABLE outcomes
    ADD COLUMN topic      text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN trigger_id text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN occurrence text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN lane       text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN variant    text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN locale     text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN currency   text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN amount     bigint NOT NULL DEFAULT 0;
CREATE INDEX outcomes_occurrence ON outcomes (trigger_id, occurrence, kind, name) WHERE trigger_id <> '';
