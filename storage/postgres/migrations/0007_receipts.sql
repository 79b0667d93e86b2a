-- +goose Up

-- Who a receipt is about is known: the platform's id is looked for among the messages of
-- that person. An index of all ids was a row, and a change in a page, for each.
DROP TABLE mids;
DROP INDEX outbox_mid;
