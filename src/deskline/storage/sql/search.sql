-- The words of tickets, as an engine without a statement of its own takes them.

-- name: save_texts
INSERT INTO search (account_id, ticket_key, words) VALUES ($1, $2, $3)
    ON CONFLICT (account_id, ticket_key) DO UPDATE SET words = excluded.words
