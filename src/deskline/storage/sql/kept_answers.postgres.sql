-- Kept answers, where PostgreSQL gets the values of many rows as columns.

-- name: delete_answer
DELETE FROM kept_answer
 WHERE account_id = $1 AND (route, idempotency_key, answered_at) IN (SELECT * FROM unnest($2::text[], $3::text[], $4::bigint[]))
