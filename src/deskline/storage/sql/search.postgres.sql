-- The words of tickets on PostgreSQL, written with the ticket. The values of each statement are columns of rows.

-- name: save_texts
INSERT INTO search (account_id, ticket_key, words)
SELECT $1::bigint, * FROM unnest($2::bigint[], $3::text[])
    ON CONFLICT (account_id, ticket_key) DO UPDATE SET words = excluded.words

-- name: find_changed
SELECT 1 FROM ticket_event WHERE account_id = $1 AND event_key > $2 AND event_key <= $3 AND ticket_key <= $4 LIMIT 1
