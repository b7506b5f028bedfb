-- Answers that are kept for requests with an Idempotency-Key. $1 is the account.

-- name: find_answer
SELECT fingerprint, answer FROM kept_answer WHERE account_id = $1 AND route = $2 AND idempotency_key = $3 AND answered_at > $4

-- name: save_answer
-- What is there already is too old to be found: whoever saves has looked, in the same transaction.
INSERT INTO kept_answer (account_id, route, idempotency_key, fingerprint, answered_at, answer) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (account_id, route, idempotency_key)
    DO UPDATE SET fingerprint = excluded.fingerprint, answered_at = excluded.answered_at, answer = excluded.answer

-- name: list_old
-- The oldest that nobody finds any more, a bounded number of them.
SELECT route, idempotency_key, answered_at FROM kept_answer WHERE account_id = $1 AND answered_at <= $2 ORDER BY answered_at LIMIT $3

-- name: delete_answer
-- Unless its key has come to stand for another request since it was looked at.
DELETE FROM kept_answer WHERE account_id = $1 AND route = $2 AND idempotency_key = $3 AND answered_at = $4
