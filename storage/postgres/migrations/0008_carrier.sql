-- +goose Up

-- When a permit was used last is told by the consent it carried a message of: one row is
-- written for each notification instead of two.
ALTER TABLE consents ADD COLUMN carrier bigint NOT NULL DEFAULT 0;
