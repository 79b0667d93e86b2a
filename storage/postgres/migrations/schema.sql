-- What the migrations make together, for a database with nothing in it. A new migration
-- is written here too: a test compares both. A column that was added stands last.
--
-- Times are integers: milliseconds since 1970 in UTC, 0 for none.
-- JSON stands in bytea columns as it came: storage does not read it.
-- Text is compared and ordered by its bytes, so its columns are COLLATE "C".
-- Every key that can lead with the contact or the page does, so that the tables
-- can be spread over several servers by it.
-- What changes often is in no index, and its pages keep room (fillfactor) for a
-- second version of all their rows, since a campaign changes one after the other:
-- such an update stays on its page and touches no index.

CREATE SEQUENCE inbox_seq;
CREATE SEQUENCE outbox_seq;
CREATE SEQUENCE decision_seq;
CREATE SEQUENCE ledger_seq;
CREATE SEQUENCE process_seq;

-- The row of a contact is also its lock. One that is not known only stands for the
-- lock: nobody was met under that id, and it is gone when nothing waits for it.
CREATE TABLE contacts (
    id          text COLLATE "C" NOT NULL PRIMARY KEY,
    known       boolean NOT NULL,
    first_name  text COLLATE "C" NOT NULL DEFAULT '',
    last_name   text COLLATE "C" NOT NULL DEFAULT '',
    locale      text COLLATE "C" NOT NULL DEFAULT '',
    timezone    text COLLATE "C" NOT NULL DEFAULT '',
    fields      bytea,
    created_at  bigint NOT NULL DEFAULT 0,
    last_act    bigint NOT NULL DEFAULT 0,
    unreachable text COLLATE "C" NOT NULL DEFAULT '',
    program     text COLLATE "C" NOT NULL DEFAULT '',
    session     bytea,
    prefs       bytea -- what the runtime keeps beside the flows
) WITH (fillfactor = 60);

-- Values are kept as a digest: they come from outside, in any length.
CREATE TABLE uniques (
    field   text COLLATE "C" NOT NULL,
    digest  bytea NOT NULL,
    contact text COLLATE "C" NOT NULL,
    PRIMARY KEY (field, digest)
);
CREATE UNIQUE INDEX uniques_contact ON uniques (contact, field);

CREATE TABLE inbox (
    contact text COLLATE "C" NOT NULL,
    seq     bigint NOT NULL,
    ready   bigint NOT NULL,
    at      bigint NOT NULL,
    attempt integer NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    body    bytea,
    PRIMARY KEY (contact, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX inbox_ready ON inbox (ready, seq);

CREATE TABLE once (
    digest bytea NOT NULL PRIMARY KEY,
    at     bigint NOT NULL
);
CREATE INDEX once_at ON once (at);

-- zone repeats the contact's time zone, so that a zone's subscribers are one
-- range of an index. terms is the JSON list that interest_terms was filled from. carrier
-- is when the permit was used last that carried a message of the topic: one row is
-- written for each notification instead of two.
CREATE TABLE consents (
    contact       text COLLATE "C" NOT NULL,
    topic         text COLLATE "C" NOT NULL,
    status        text COLLATE "C" NOT NULL,
    zone          text COLLATE "C" NOT NULL,
    active_since  bigint NOT NULL,
    cadence       text COLLATE "C" NOT NULL,
    snoozed_until bigint NOT NULL,
    changed_at    bigint NOT NULL,
    last_sent     bigint NOT NULL,
    interests     bytea,
    terms         text COLLATE "C" NOT NULL,
    body          bytea,
    carrier       bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (contact, topic)
) WITH (fillfactor = 50);
CREATE INDEX consents_topic ON consents (topic, contact) WHERE status = 'active';
CREATE INDEX consents_zone ON consents (topic, status, zone, contact) WHERE status IN ('active', 'snoozed');
CREATE INDEX consents_snoozed ON consents (topic, contact) WHERE status = 'snoozed';

-- term is a digest.
CREATE TABLE interest_terms (
    topic    text COLLATE "C" NOT NULL,
    term     bytea NOT NULL,
    contact  text COLLATE "C" NOT NULL,
    interest integer NOT NULL,
    PRIMARY KEY (topic, term, contact, interest)
);
CREATE INDEX interest_terms_contact ON interest_terms (contact);

CREATE TABLE permits (
    contact       text COLLATE "C" NOT NULL,
    lane          text COLLATE "C" NOT NULL,
    topic         text COLLATE "C" NOT NULL,
    token         text COLLATE "C" NOT NULL,
    body          bytea,
    next_eligible bigint NOT NULL,
    expires_at    bigint NOT NULL,
    updated_at    bigint NOT NULL,
    PRIMARY KEY (contact, lane, topic)
) WITH (fillfactor = 50);

CREATE TABLE timers (
    contact text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    key     text COLLATE "C" NOT NULL,
    at      bigint NOT NULL,
    body    bytea,
    PRIMARY KEY (contact, kind, key)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX timers_at ON timers (at, contact) WHERE contact <> '';
CREATE INDEX timers_schedules ON timers (at) WHERE contact = '';

-- campaign is what the occurrences of one wall time have in common: their id without the
-- zone.
CREATE TABLE occurrences (
    trigger_id text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    state      text COLLATE "C" NOT NULL,
    at         bigint NOT NULL,
    expires    bigint NOT NULL,
    flow       text COLLATE "C" NOT NULL,
    topic      text COLLATE "C" NOT NULL,
    zone       text COLLATE "C" NOT NULL,
    event      bytea,
    cursor     text COLLATE "C" NOT NULL,
    counts     bytea,
    campaign   text COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (trigger_id, id)
) WITH (fillfactor = 50);
CREATE INDEX occurrences_state ON occurrences (state, at);
CREATE INDEX occurrences_at ON occurrences (at);
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

-- id is in which order they were put first. No index has the mid: who a receipt is about
-- is known, and it is looked for among the messages of that person.
CREATE TABLE decisions (
    contact    text COLLATE "C" NOT NULL,
    trigger_id text COLLATE "C" NOT NULL,
    occurrence text COLLATE "C" NOT NULL,
    id         bigint NOT NULL DEFAULT nextval('decision_seq'),
    at         bigint NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    flow       text COLLATE "C" NOT NULL,
    topic      text COLLATE "C" NOT NULL,
    rule       text COLLATE "C" NOT NULL,
    lane       text COLLATE "C" NOT NULL,
    vals       bytea,
    next       bigint NOT NULL,
    first_due  bigint NOT NULL,
    expires    bigint NOT NULL,
    event      bytea,
    send       text COLLATE "C" NOT NULL,
    mid        text COLLATE "C" NOT NULL,
    delivered  bigint NOT NULL,
    read       bigint NOT NULL,
    PRIMARY KEY (contact, trigger_id, occurrence)
) WITH (fillfactor = 75);
CREATE INDEX decisions_at ON decisions (at, id);
CREATE INDEX decisions_send ON decisions (send) WHERE send <> '';
CREATE INDEX decisions_held ON decisions (contact) WHERE kind = 'held';

-- state is 1 pending, 2 claimed, 3 waiting, and settled from there on: 4 sent,
-- 5 unknown, 6 failed, 7 dropped. head is the first unsettled send of its contact.
CREATE TABLE outbox (
    id       text COLLATE "C" NOT NULL PRIMARY KEY,
    contact  text COLLATE "C" NOT NULL,
    seq      bigint NOT NULL,
    page     text COLLATE "C" NOT NULL,
    state    smallint NOT NULL,
    head     boolean NOT NULL,
    bulk     boolean NOT NULL,
    at       bigint NOT NULL,
    ready    bigint NOT NULL,
    attempt  integer NOT NULL,
    claim_at bigint NOT NULL,
    claimer  bigint NOT NULL,
    topic    text COLLATE "C" NOT NULL,
    lane     text COLLATE "C" NOT NULL,
    mid      text COLLATE "C" NOT NULL,
    error    text COLLATE "C" NOT NULL,
    body     bytea
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX outbox_line ON outbox (contact, seq) WHERE state <= 3;
CREATE INDEX outbox_claim ON outbox (page, bulk, ready, seq) WHERE head AND state = 1;
CREATE INDEX outbox_flight ON outbox (state, ready, id) WHERE state >= 2 AND state <= 3;
CREATE INDEX outbox_kept ON outbox (contact, seq) WHERE state >= 4;
CREATE INDEX outbox_settled ON outbox (at) WHERE state >= 4;

-- Notifications that were claimed as they were put, and are all there is in their
-- contact's line: those that went into one request are one row, since they are settled
-- together a moment later. seqs are their places in the lines. claimer and number name the
-- row; the process counts its own. With them stands what was decided, alike but for the
-- events.
--
-- Few rows are there at a time, and contacts are looked for in all of them: ids and
-- contacts stay in the row, bodies and events do not, which only few ever read.
CREATE TABLE flights (
    claimer    bigint NOT NULL,
    number     bigint NOT NULL,
    page       text COLLATE "C" NOT NULL,
    topic      text COLLATE "C" NOT NULL,
    lane       text COLLATE "C" NOT NULL,
    attempt    integer NOT NULL,
    at         bigint NOT NULL,
    ready      bigint NOT NULL,
    claim_at   bigint NOT NULL,
    ids        text[] COLLATE "C" NOT NULL,
    contacts   text[] COLLATE "C" NOT NULL,
    seqs       bigint[] NOT NULL,
    bodies     bytea[] NOT NULL,
    trigger_id text COLLATE "C" NOT NULL,
    occurrence text COLLATE "C" NOT NULL,
    flow       text COLLATE "C" NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    rule       text COLLATE "C" NOT NULL,
    vals       bytea,
    next       bigint NOT NULL,
    first_due  bigint NOT NULL,
    expires    bigint NOT NULL,
    events     bytea[] NOT NULL,
    PRIMARY KEY (claimer, number)
) WITH (toast_tuple_target = 8000, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE flights ALTER COLUMN bodies SET STORAGE EXTERNAL, ALTER COLUMN events SET STORAGE EXTERNAL;

-- An input may be named by what came from outside, in any length: the key has a digest
-- of it. What figures group by stands last.
CREATE TABLE outcomes (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact    text COLLATE "C" NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    value      double precision NOT NULL,
    flow       text COLLATE "C" NOT NULL,
    step       text COLLATE "C" NOT NULL,
    at         bigint NOT NULL,
    input      text COLLATE "C" NOT NULL,
    digest     bytea NOT NULL,
    topic      text COLLATE "C" NOT NULL DEFAULT '',
    trigger_id text COLLATE "C" NOT NULL DEFAULT '',
    occurrence text COLLATE "C" NOT NULL DEFAULT '',
    lane       text COLLATE "C" NOT NULL DEFAULT '',
    variant    text COLLATE "C" NOT NULL DEFAULT '',
    locale     text COLLATE "C" NOT NULL DEFAULT '',
    currency   text COLLATE "C" NOT NULL DEFAULT '',
    amount     bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX outcomes_contact ON outcomes (contact, digest);
CREATE INDEX outcomes_at ON outcomes (at);
CREATE INDEX outcomes_occurrence ON outcomes (trigger_id, occurrence, kind, name) WHERE trigger_id <> '';

CREATE TABLE ledger (
    page    text COLLATE "C" NOT NULL,
    id      bigint NOT NULL,
    contact text COLLATE "C" NOT NULL,
    topic   text COLLATE "C" NOT NULL,
    action  text COLLATE "C" NOT NULL,
    at      bigint NOT NULL,
    body    bytea,
    digest  bytea,
    seq     bigint NOT NULL,
    prev    bytea,
    hash    bytea,
    PRIMARY KEY (page, id)
);
CREATE INDEX ledger_contact ON ledger (contact, id) WHERE contact <> '';
CREATE INDEX ledger_unsealed ON ledger (id) WHERE seq = 0;
CREATE UNIQUE INDEX ledger_chain ON ledger (page, seq) WHERE seq > 0;

-- The ledger is append-only for everyone, this program included. Only the seal is
-- set once, and the contact taken out when the person is erased.
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only';
END
$$;
CREATE TRIGGER ledger_deleted BEFORE DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_sealed BEFORE UPDATE OF seq, prev, hash ON ledger
    FOR EACH ROW WHEN (old.seq <> 0) EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_changed BEFORE UPDATE OF page, id, topic, action, at, body, digest ON ledger
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_named BEFORE UPDATE OF contact ON ledger
    FOR EACH ROW WHEN (new.contact <> '') EXECUTE FUNCTION ledger_refuse();

CREATE TABLE salts (
    contact text COLLATE "C" NOT NULL PRIMARY KEY,
    salt    bytea NOT NULL
);

CREATE TABLE meta (
    key   text COLLATE "C" NOT NULL PRIMARY KEY,
    value bytea
) WITH (fillfactor = 50);

CREATE TABLE programs (
    hash    text COLLATE "C" NOT NULL PRIMARY KEY,
    at      bigint NOT NULL,
    sources bytea
);

-- contact is whom it is about, so that it is erased with them.
CREATE TABLE strays (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      bigint NOT NULL,
    source  text COLLATE "C" NOT NULL,
    reason  text COLLATE "C" NOT NULL,
    body    bytea,
    contact text COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX strays_contact ON strays (contact) WHERE contact <> '';
CREATE INDEX strays_at ON strays (at);

-- The leases of the processes that work here, by the clock of this server.
CREATE TABLE processes (
    id      bigint NOT NULL PRIMARY KEY,
    until   timestamptz NOT NULL,
    backend integer NOT NULL DEFAULT 0, -- that of its writing connection
    started timestamptz -- when the backend did: numbers come again
);

-- The last commit of each, by which it finds out what became of one whose answer was
-- lost.
CREATE TABLE commits (
    process bigint NOT NULL PRIMARY KEY,
    number  bigint NOT NULL,
    at      timestamptz NOT NULL
) WITH (fillfactor = 10);
