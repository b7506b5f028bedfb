-- The words of tickets, as an engine without a statement of its own takes them.

-- name: save_words
INSERT INTO search (account_id, ticket_key, words, notes) VALUES ($1, $2, $3, $4)
    ON CONFLICT (account_id, ticket_key) DO UPDATE SET words = excluded.words, notes = excluded.notes
