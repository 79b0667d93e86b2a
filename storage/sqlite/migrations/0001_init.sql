-- +goose Up

-- Times are integers: milliseconds since 1970 in UTC, 0 for none.
-- JSON stands in BLOB columns as it came: storage does not read it.
-- Conditions of indexes are spelled without IN: SQLite would build a table for
-- its list each time a row is written.
-- The platform's ids of messages are long and in no order: indexes hold a hash.
-- Every key that can lead with the contact does, so that contacts could be
-- spread over several files.
-- What there may be millions of (decisions, timers) has the contact in two columns:
-- CHANNEL:PAGE as the number of a word, and the person, an integer if it is one. An
-- id of 40 characters in every row and every index would be most of the file.

-- Numbers that are given once and never again, even when their rows are gone.
CREATE TABLE counters (
    name  TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Words that many rows hold: pages, triggers, occurrences, flows, topics, kinds,
-- rules, lanes. The empty one is number 0. None is ever removed.
CREATE TABLE words (
    number INTEGER PRIMARY KEY,
    word   TEXT    NOT NULL UNIQUE
) STRICT;

INSERT INTO words (number, word) VALUES (0, '');

CREATE TABLE contacts (
    id          TEXT    NOT NULL PRIMARY KEY,
    first_name  TEXT    NOT NULL,
    last_name   TEXT    NOT NULL,
    locale      TEXT    NOT NULL,
    timezone    TEXT    NOT NULL,
    fields      BLOB,
    created_at  INTEGER NOT NULL,
    last_act    INTEGER NOT NULL,
    unreachable TEXT    NOT NULL,
    program     TEXT    NOT NULL,
    session     BLOB
) STRICT;

CREATE TABLE uniques (
    field   TEXT NOT NULL,
    value   TEXT NOT NULL,
    contact TEXT NOT NULL,
    PRIMARY KEY (field, value)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX uniques_contact ON uniques (contact, field);

-- head is 1 for the first input of its contact, and only for it.
CREATE TABLE inbox (
    contact TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    head    INTEGER NOT NULL,
    ready   INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    body    BLOB,
    PRIMARY KEY (contact, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_ready ON inbox (ready, seq) WHERE head = 1;

-- Keys are kept as a digest: they come from outside, in any length.
CREATE TABLE once (
    digest BLOB    NOT NULL PRIMARY KEY,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX once_at ON once (at);

-- zone repeats the contact's time zone, so that a zone's subscribers are one
-- range of an index; the two triggers below keep it. terms is the JSON list
-- that interest_terms was filled from.
CREATE TABLE consents (
    contact       TEXT    NOT NULL,
    topic         TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    zone          TEXT    NOT NULL,
    active_since  INTEGER NOT NULL,
    cadence       TEXT    NOT NULL,
    snoozed_until INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    last_sent     INTEGER NOT NULL,
    interests     BLOB,
    terms         TEXT    NOT NULL,
    body          BLOB,
    PRIMARY KEY (contact, topic)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_topic ON consents (topic, contact, active_since) WHERE status = 'active';
CREATE INDEX consents_zone ON consents (topic, status, zone, contact, active_since)
    WHERE status = 'active' OR status = 'snoozed';

-- +goose StatementBegin
CREATE TRIGGER contacts_zone_insert AFTER INSERT ON contacts WHEN new.timezone <> ''
BEGIN
    UPDATE consents SET zone = new.timezone WHERE contact = new.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contacts_zone_update AFTER UPDATE OF timezone ON contacts WHEN new.timezone <> old.timezone
BEGIN
    UPDATE consents SET zone = new.timezone WHERE contact = new.id;
END;
-- +goose StatementEnd

CREATE TABLE interest_terms (
    topic    TEXT    NOT NULL,
    term     TEXT    NOT NULL,
    contact  TEXT    NOT NULL,
    interest INTEGER NOT NULL,
    PRIMARY KEY (topic, term, contact, interest)
) STRICT, WITHOUT ROWID;

CREATE TABLE permits (
    contact       TEXT    NOT NULL,
    lane          TEXT    NOT NULL,
    topic         TEXT    NOT NULL,
    token         TEXT    NOT NULL,
    body          BLOB,
    next_eligible INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (contact, lane, topic)
) STRICT, WITHOUT ROWID;

-- what is the word of kind and key: of all the people a trigger holds something for,
-- it is the same.
CREATE TABLE timers (
    page   INTEGER NOT NULL,
    person ANY     NOT NULL,
    what   INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    body   BLOB,
    PRIMARY KEY (page, person, what)
) STRICT, WITHOUT ROWID;
CREATE INDEX timers_at ON timers (at, page, person);

CREATE TABLE occurrences (
    trigger_id TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    flow       TEXT    NOT NULL,
    topic      TEXT    NOT NULL,
    zone       TEXT    NOT NULL,
    event      BLOB,
    cursor     TEXT    NOT NULL,
    counts     BLOB,
    PRIMARY KEY (trigger_id, id)
) STRICT;
CREATE INDEX occurrences_state ON occurrences (state, at);
CREATE INDEX occurrences_at ON occurrences (at);

-- Decisions are kept in the order they were put first, which is cheap to write and
-- dense; a contact's own are found by an index. send and mid are packed (pack.go). A
-- decision that was sent and has no mid yet has zeros in the place of it, and numbers
-- as wide as its hash and its times will be: so the row can be written anew where it
-- stands, instead of splitting its page.
CREATE TABLE decisions (
    number     INTEGER PRIMARY KEY,
    page       INTEGER NOT NULL,
    person     ANY     NOT NULL,
    trigger_id INTEGER NOT NULL,
    occurrence INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    rule       INTEGER NOT NULL,
    lane       INTEGER NOT NULL,
    flow       INTEGER NOT NULL,
    topic      INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    next       INTEGER NOT NULL,
    first_due  INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    delivered  INTEGER NOT NULL,
    read       INTEGER NOT NULL,
    mid_hash   INTEGER NOT NULL,
    send       ANY,
    mid        ANY,
    vals       BLOB,
    event      BLOB
) STRICT;
CREATE UNIQUE INDEX decisions_contact ON decisions (page, person, trigger_id, occurrence);
CREATE INDEX decisions_at ON decisions (at);
CREATE INDEX decisions_send ON decisions (send) WHERE send IS NOT NULL;
CREATE INDEX decisions_mid ON decisions (mid_hash) WHERE mid_hash > 0;

-- state is 1 pending, 2 claimed, 3 waiting, and settled from there on: 4 sent,
-- 5 unknown, 6 failed, 7 dropped. head is 1 for the first unsettled send of its
-- contact, and only for it. claimer is the number of the opening of the file that
-- claimed it, 0 while it is not claimed; orphan is 1 when that opening is over.
-- Most sends are claimed as they are put and deleted when they are accepted: they
-- touch no index but that of the ids and outbox_line.
CREATE TABLE outbox (
    id       TEXT    NOT NULL UNIQUE,
    contact  TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    state    INTEGER NOT NULL,
    head     INTEGER NOT NULL,
    claimer  INTEGER NOT NULL,
    orphan   INTEGER NOT NULL,
    ready    INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    claim_at INTEGER NOT NULL,
    page     TEXT    NOT NULL,
    attempt  INTEGER NOT NULL,
    bulk     INTEGER NOT NULL,
    topic    TEXT    NOT NULL,
    lane     TEXT    NOT NULL,
    mid      TEXT    NOT NULL,
    mid_hash INTEGER NOT NULL,
    error    TEXT    NOT NULL,
    body     BLOB
) STRICT;
CREATE INDEX outbox_line ON outbox (contact, seq) WHERE state <= 3;
CREATE INDEX outbox_done ON outbox (contact, seq) WHERE state >= 4;
CREATE INDEX outbox_claim ON outbox (page, bulk, ready, seq) WHERE head = 1 AND state = 1;
CREATE INDEX outbox_waiting ON outbox (ready) WHERE state = 3;
CREATE INDEX outbox_orphans ON outbox (id) WHERE orphan = 1;
CREATE INDEX outbox_mid ON outbox (mid_hash) WHERE mid_hash <> 0;
CREATE INDEX outbox_settled ON outbox (at) WHERE state >= 4;

CREATE TABLE ledger (
    id      INTEGER PRIMARY KEY,
    page    TEXT    NOT NULL,
    contact TEXT    NOT NULL,
    topic   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    body    BLOB,
    digest  BLOB,
    seq     INTEGER NOT NULL,
    prev    BLOB,
    hash    BLOB
) STRICT;
CREATE INDEX ledger_contact ON ledger (contact) WHERE contact <> '';
CREATE INDEX ledger_unsealed ON ledger (id, page) WHERE seq = 0;
CREATE UNIQUE INDEX ledger_chain ON ledger (page, seq) WHERE seq > 0;

-- The ledger is append-only for everyone, this program included. Only the seal is
-- set once, and the contact taken out when the person is erased.
-- +goose StatementBegin
CREATE TRIGGER ledger_deleted BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_sealed BEFORE UPDATE OF seq, prev, hash ON ledger WHEN old.seq <> 0
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_changed BEFORE UPDATE OF id, page, topic, action, at, body, digest ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_named BEFORE UPDATE OF contact ON ledger WHEN new.contact <> ''
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
-- +goose StatementEnd

CREATE TABLE salts (
    contact TEXT NOT NULL PRIMARY KEY,
    salt    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE programs (
    hash    TEXT    NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    sources BLOB
) STRICT;

CREATE TABLE strays (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    source TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    body   BLOB
) STRICT;

-- One row, written anew to see whether a write is possible.
CREATE TABLE checks (
    id     INTEGER PRIMARY KEY,
    filler BLOB NOT NULL
) STRICT;
