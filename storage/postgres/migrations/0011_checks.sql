-- +goose Up

-- Whether a write is possible shows by the record of a commit.
DROP TABLE checks;
