-- +goose Up

-- What the occurrences of one wall time have in common: their id without the zone.
ALTER TABLE occurrences ADD COLUMN campaign text COLLATE "C" NOT NULL DEFAULT '';
UPDATE occurrences SET campaign = CASE
    WHEN zone <> '' AND right(id, length(zone) + 1) = ' ' || zone THEN left(id, length(id) - length(zone) - 1)
    ELSE id END;
CREATE INDEX occurrences_campaign ON occurrences (trigger_id, campaign);

CREATE TABLE campaigns (
    trigger_id text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    flow       text COLLATE "C" NOT NULL,
    topic      text COLLATE "C" NOT NULL,
    at         bigint NOT NULL,
    state      text COLLATE "C" NOT NULL,
    rate       double precision NOT NULL,
    by_whom    text COLLATE "C" NOT NULL,
    why        text COLLATE "C" NOT NULL,
    changed    bigint NOT NULL,
    freed      boolean NOT NULL,
    sweep      text COLLATE "C" NOT NULL,
    cursor     text COLLATE "C" NOT NULL,
    PRIMARY KEY (trigger_id, id)
);
CREATE INDEX campaigns_at ON campaigns (at);
CREATE INDEX campaigns_sweep ON campaigns (at) WHERE sweep <> '';

-- Each process has rows of its own, so that none waits for another to count.
CREATE TABLE campaign_counts (
    trigger_id text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    process    bigint NOT NULL,
    name       text COLLATE "C" NOT NULL,
    n          bigint NOT NULL,
    PRIMARY KEY (trigger_id, id, process, name)
) WITH (fillfactor = 50);

INSERT INTO campaigns (trigger_id, id, flow, topic, at, state, rate, by_whom, why, changed, freed, sweep, cursor)
SELECT trigger_id, campaign, min(flow), min(topic), min(at),
    CASE WHEN bool_or(state = 'paused') THEN 'paused' WHEN bool_or(state = 'cancelled') THEN 'cancelled' ELSE 'running' END,
    0, '', '', 0, false, '', ''
FROM occurrences GROUP BY trigger_id, campaign;
