-- +goose Up

-- With a notification stand the decisions that it carries.
ALTER TABLE inflight RENAME COLUMN sends TO packed;
