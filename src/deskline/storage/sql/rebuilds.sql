-- How far an upgrade has come that has everything derived worked out anew.

-- name: list_unfinished
-- Crosses accounts.
SELECT account_id FROM account WHERE recounted_to IS NOT NULL ORDER BY account_id

-- name: find_place
SELECT recounted_to FROM account WHERE account_id = $1

-- name: save_place
UPDATE account SET recounted_to = $2 WHERE account_id = $1
