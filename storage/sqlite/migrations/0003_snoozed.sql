-- +goose Up

-- Whoever snoozes a topic stays in the audience of its occurrences. They are few
-- beside the others, whose index stays as it is.
CREATE INDEX consents_snoozed ON consents (topic, contact, active_since) WHERE status = 'snoozed';
