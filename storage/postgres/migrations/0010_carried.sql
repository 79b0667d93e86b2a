-- +goose Up

-- With a notification stands what was decided: those of a row were decided alike, but for
-- their events. Nothing is left in flight of before.
WITH f AS (DELETE FROM flights RETURNING *)
INSERT INTO outbox (id, contact, seq, page, state, ready, attempt, bulk, topic, lane, body, at, claim_at, claimer, mid, error, head)
SELECT u.id, u.contact, u.seq, f.page, 2, f.ready, f.attempt, true, f.topic, f.lane, u.body, f.at, f.claim_at, f.claimer, '', '', true
FROM f CROSS JOIN LATERAL unnest(f.ids, f.contacts, f.seqs, f.bodies) AS u (id, contact, seq, body);

ALTER TABLE flights
    ADD COLUMN trigger_id text COLLATE "C" NOT NULL,
    ADD COLUMN occurrence text COLLATE "C" NOT NULL,
    ADD COLUMN flow       text COLLATE "C" NOT NULL,
    ADD COLUMN kind       text COLLATE "C" NOT NULL,
    ADD COLUMN rule       text COLLATE "C" NOT NULL,
    ADD COLUMN vals       bytea,
    ADD COLUMN next       bigint NOT NULL,
    ADD COLUMN first_due  bigint NOT NULL,
    ADD COLUMN expires    bigint NOT NULL,
    ADD COLUMN events     bytea[] NOT NULL;
ALTER TABLE flights ALTER COLUMN events SET STORAGE EXTERNAL;

-- Decisions have their id when they are put, so that less room is left for what the
-- platform tells later.
ALTER TABLE decisions SET (fillfactor = 75);
