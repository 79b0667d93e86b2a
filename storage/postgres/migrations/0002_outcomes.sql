-- +goose Up

-- What the runtime keeps about a person beside the flows.
ALTER TABLE contacts ADD COLUMN prefs bytea;

-- An input may be named by what came from outside, in any length: the key has a digest
-- of it.
CREATE TABLE outcomes (
    number  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    name    text COLLATE "C" NOT NULL,
    value   double precision NOT NULL,
    flow    text COLLATE "C" NOT NULL,
    step    text COLLATE "C" NOT NULL,
    at      bigint NOT NULL,
    input   text COLLATE "C" NOT NULL,
    digest  bytea NOT NULL
);
CREATE UNIQUE INDEX outcomes_contact ON outcomes (contact, digest);
CREATE INDEX outcomes_at ON outcomes (at);
