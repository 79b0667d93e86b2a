-- +goose Up

-- Whom a stray is about, so that it is erased with them. Those of before are found by
-- nobody; they go with their age.
ALTER TABLE strays ADD COLUMN contact text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX strays_contact ON strays (contact) WHERE contact <> '';
CREATE INDEX strays_at ON strays (at);
