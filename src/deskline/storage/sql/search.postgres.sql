-- The words of tickets on PostgreSQL, written with the ticket. The values of each statement are columns of rows.

-- name: save_words
INSERT INTO search (account_id, ticket_key, words, notes)
SELECT $1::bigint, * FROM unnest($2::bigint[], $3::text[], $4::text[])
    ON CONFLICT (account_id, ticket_key) DO UPDATE SET words = excluded.words, notes = excluded.notes
