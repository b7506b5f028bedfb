-- The words of tickets on PostgreSQL, written with the ticket. The values of each statement are columns of rows.

-- name: save_texts
INSERT INTO search (account_id, ticket_key, words)
SELECT $1::bigint, * FROM unnest($2::bigint[], $3::text[])
    ON CONFLICT (account_id, ticket_key) DO UPDATE SET words = excluded.words
