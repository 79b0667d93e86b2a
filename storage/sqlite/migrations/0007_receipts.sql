-- +goose Up

-- Who a receipt is about is known: the platform's id is looked for among the messages of
-- that person. An index of all ids, which come in no order, was a page written for each.
DROP INDEX decisions_mid;
ALTER TABLE decisions DROP COLUMN mid_hash;
DROP INDEX outbox_mid;
ALTER TABLE outbox DROP COLUMN mid_hash;
