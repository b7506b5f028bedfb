-- Webhooks, where PostgreSQL gets the values of many rows as columns.

-- name: save_delivery
INSERT INTO webhook_delivery (account_id, webhook_id, event_key, event_type, ticket_key, seq, state, attempts, first_at, last_at, next_at,
                              status, failure)
SELECT $1::bigint, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[], $9::bigint[],
                                 $10::bigint[], $11::bigint[], $12::bigint[], $13::text[])
    ON CONFLICT (account_id, webhook_id, event_key) DO UPDATE
   SET state = excluded.state, attempts = excluded.attempts, first_at = excluded.first_at, last_at = excluded.last_at,
       next_at = excluded.next_at, status = excluded.status, failure = excluded.failure
