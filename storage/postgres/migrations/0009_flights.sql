-- +goose Up

-- Notifications that were claimed as they were put, and are all there is in their
-- contact's line: those that went into one request are one row, since they are settled
-- together a moment later. seqs are their places in the lines. claimer and number name the
-- row; the process counts its own.
--
-- Few rows are there at a time, and contacts are looked for in all of them: ids and
-- contacts stay in the row, bodies do not, which only few ever read.
CREATE TABLE flights (
    claimer  bigint NOT NULL,
    number   bigint NOT NULL,
    page     text COLLATE "C" NOT NULL,
    topic    text COLLATE "C" NOT NULL,
    lane     text COLLATE "C" NOT NULL,
    attempt  integer NOT NULL,
    at       bigint NOT NULL,
    ready    bigint NOT NULL,
    claim_at bigint NOT NULL,
    ids      text[] COLLATE "C" NOT NULL,
    contacts text[] COLLATE "C" NOT NULL,
    seqs     bigint[] NOT NULL,
    bodies   bytea[] NOT NULL,
    PRIMARY KEY (claimer, number)
) WITH (toast_tuple_target = 8000, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE flights ALTER COLUMN bodies SET STORAGE EXTERNAL;
