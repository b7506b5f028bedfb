-- Apps, authorization codes and tokens of apps. $1 is the account: client ids, codes and tokens name it.

-- name: add_client
INSERT INTO oauth_client (account_id, client_id, name, redirect_uris, scopes, secret_hash, requires_pkce, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: find_client
SELECT client_id, name, redirect_uris, scopes, secret_hash, requires_pkce, created_at
  FROM oauth_client
 WHERE account_id = $1 AND client_id = $2 AND revoked_at IS NULL

-- name: list_clients
SELECT client_id, name, redirect_uris, scopes, secret_hash, requires_pkce, created_at
  FROM oauth_client
 WHERE account_id = $1 AND revoked_at IS NULL
 ORDER BY created_at, client_id

-- name: revoke_client
UPDATE oauth_client SET revoked_at = $3 WHERE account_id = $1 AND client_id = $2 AND revoked_at IS NULL

-- name: add_code
INSERT INTO oauth_code (account_id, code_hash, grant_id, client_id, login_key, scopes, redirect_uri, challenge, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: find_code
SELECT grant_id, client_id, login_key, scopes, redirect_uri, challenge, expires_at, used_at
  FROM oauth_code
 WHERE account_id = $1 AND code_hash = $2

-- name: use_code
UPDATE oauth_code SET used_at = $3 WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL

-- name: delete_codes
-- Those whose time was over long ago.
DELETE FROM oauth_code WHERE account_id = $1 AND expires_at < $2

-- name: delete_codes_given
DELETE FROM oauth_code WHERE account_id = $1 AND client_id = $2 AND login_key = $3

-- name: delete_codes_of
-- All of an app, or of an agent: both are none of another.
DELETE FROM oauth_code WHERE account_id = $1 AND (client_id = $2 OR login_key = $3)

-- name: add_token
INSERT INTO oauth_token (account_id, token_hash, kind, grant_id, client_id, login_key, scopes, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: find_token
-- A token with its agent, who may be none that signs in any more: then there is no name.
SELECT t.kind, t.grant_id, t.client_id, a.login, t.login_key, t.scopes, t.created_at, t.expires_at, t.used_at, t.revoked_at
  FROM oauth_token t
  LEFT JOIN agent a ON a.account_id = t.account_id AND a.login_key = t.login_key AND a.signs_in = 1
 WHERE t.account_id = $1 AND t.token_hash = $2

-- name: find_signer
-- Whom an access token signs in. Whether its time is over is for the reader to say, who knows the time.
SELECT t.grant_id, t.scopes, t.expires_at, a.login, a.name, a.permission, c.zone
  FROM oauth_token t
  JOIN agent a ON a.account_id = t.account_id AND a.login_key = t.login_key
  JOIN account c ON c.account_id = t.account_id
 WHERE t.account_id = $1 AND t.token_hash = $2 AND t.kind = 'access' AND t.revoked_at IS NULL AND a.signs_in = 1

-- name: use_token
UPDATE oauth_token SET used_at = $3 WHERE account_id = $1 AND token_hash = $2 AND used_at IS NULL AND revoked_at IS NULL

-- name: revoke_token
UPDATE oauth_token SET revoked_at = $3 WHERE account_id = $1 AND token_hash = $2 AND revoked_at IS NULL

-- name: revoke_grant
UPDATE oauth_token SET revoked_at = $3 WHERE account_id = $1 AND grant_id = $2 AND revoked_at IS NULL

-- name: revoke_of_client
UPDATE oauth_token SET revoked_at = $3 WHERE account_id = $1 AND client_id = $2 AND revoked_at IS NULL

-- name: revoke_of_agent
UPDATE oauth_token SET revoked_at = $4 WHERE account_id = $1 AND client_id = $2 AND login_key = $3 AND revoked_at IS NULL

-- name: list_oldest
-- All of a kind but the youngest, $5 of them, and the one that was just made.
SELECT token_hash
  FROM oauth_token
 WHERE account_id = $1 AND client_id = $2 AND login_key = $3 AND kind = $4 AND revoked_at IS NULL AND used_at IS NULL AND token_hash <> $6
 ORDER BY created_at DESC, token_hash
 LIMIT 1000 OFFSET $5

-- name: delete_tokens
-- Those of an app and an agent whose time is over.
DELETE FROM oauth_token WHERE account_id = $1 AND client_id = $2 AND login_key = $3 AND expires_at < $4

-- name: delete_tokens_of
-- All of an agent, who leaves.
DELETE FROM oauth_token WHERE account_id = $1 AND login_key = $2
