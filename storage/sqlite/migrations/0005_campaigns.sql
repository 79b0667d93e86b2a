-- +goose Up

-- What the occurrences of one wall time have in common: their id without the zone.
ALTER TABLE occurrences ADD COLUMN campaign TEXT NOT NULL DEFAULT '';
UPDATE occurrences SET campaign = CASE
    WHEN zone <> '' AND substr(id, -length(zone) - 1) = ' ' || zone THEN substr(id, 1, length(id) - length(zone) - 1)
    ELSE id END;
CREATE INDEX occurrences_campaign ON occurrences (trigger_id, campaign);

CREATE TABLE campaigns (
    trigger_id TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    flow       TEXT    NOT NULL,
    topic      TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    rate       REAL    NOT NULL,
    by_whom    TEXT    NOT NULL,
    why        TEXT    NOT NULL,
    changed    INTEGER NOT NULL,
    freed      INTEGER NOT NULL,
    sweep      TEXT    NOT NULL,
    cursor     TEXT    NOT NULL,
    PRIMARY KEY (trigger_id, id)
) STRICT;
CREATE INDEX campaigns_at ON campaigns (at);
CREATE INDEX campaigns_sweep ON campaigns (at) WHERE sweep <> '';

CREATE TABLE campaign_counts (
    trigger_id TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    n          INTEGER NOT NULL,
    PRIMARY KEY (trigger_id, id, name)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER campaigns_deleted AFTER DELETE ON campaigns
BEGIN
    DELETE FROM campaign_counts WHERE trigger_id = old.trigger_id AND id = old.id;
END;
-- +goose StatementEnd

INSERT INTO campaigns (trigger_id, id, flow, topic, at, state, rate, by_whom, why, changed, freed, sweep, cursor)
SELECT trigger_id, campaign, min(flow), min(topic), min(at),
    CASE WHEN max(state = 'paused') THEN 'paused' WHEN max(state = 'cancelled') THEN 'cancelled' ELSE 'running' END,
    0, '', '', 0, 0, '', ''
FROM occurrences GROUP BY trigger_id, campaign;
