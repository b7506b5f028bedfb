-- Canned responses. $1 is the account in every statement.

-- name: list_responses
SELECT response_id, group_id, text, tags, created_at, created_by, modified_at, modified_by
  FROM canned_response
 WHERE account_id = $1
 ORDER BY created_at, response_id

-- name: find_response
SELECT response_id, group_id, text, tags, created_at, created_by, modified_at, modified_by
  FROM canned_response
 WHERE account_id = $1 AND response_id = $2

-- name: count_responses
SELECT count(*) FROM canned_response WHERE account_id = $1

-- name: add_response
INSERT INTO canned_response (account_id, response_id, group_id, text, tags, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT DO NOTHING

-- name: save_response
UPDATE canned_response SET group_id = $3, text = $4, tags = $5, modified_at = $6, modified_by = $7
 WHERE account_id = $1 AND response_id = $2

-- name: delete_response
DELETE FROM canned_response WHERE account_id = $1 AND response_id = $2

-- name: release_responses
-- What a group that is gone had is everybody's.
UPDATE canned_response SET group_id = 0 WHERE account_id = $1 AND group_id = $2
