-- +goose Up

-- The notifications of a commit are much alike. squeezed is 1 where packed is compressed.
ALTER TABLE inflight ADD COLUMN squeezed INTEGER NOT NULL DEFAULT 0;
