-- Personal access tokens. $1 is the account: a token names it.

-- name: find_signer
-- Whom a token signs in. Whether its time is over is for the reader to say, who knows the time.
SELECT t.token_id, t.login_key, t.scopes, t.expires_at, a.login, a.name, a.permission, c.zone
  FROM personal_token t
  JOIN agent a ON a.account_id = t.account_id AND a.login_key = t.login_key
  JOIN account c ON c.account_id = t.account_id
 WHERE t.account_id = $1 AND t.token_hash = $2 AND t.revoked_at IS NULL AND a.signs_in = 1

-- name: add
INSERT INTO personal_token (account_id, token_hash, token_id, login_key, scopes, label, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: is_id_taken
SELECT 1 FROM personal_token WHERE account_id = $1 AND token_id = $2

-- name: count_of
-- Those of an agent that work.
SELECT count(*) FROM personal_token
 WHERE account_id = $1 AND login_key = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)

-- name: list_all
SELECT t.token_id, a.login, t.scopes, t.label, t.created_at, t.expires_at, t.revoked_at
  FROM personal_token t
  JOIN agent a ON a.account_id = t.account_id AND a.login_key = t.login_key
 WHERE t.account_id = $1
 ORDER BY t.created_at, t.token_id

-- name: find
SELECT t.token_id, a.login, t.scopes, t.label, t.created_at, t.expires_at, t.revoked_at
  FROM personal_token t
  JOIN agent a ON a.account_id = t.account_id AND a.login_key = t.login_key
 WHERE t.account_id = $1 AND t.token_id = $2

-- name: revoke
UPDATE personal_token SET revoked_at = $3 WHERE account_id = $1 AND token_id = $2 AND revoked_at IS NULL

-- name: delete_of
DELETE FROM personal_token WHERE account_id = $1 AND login_key = $2
