-- Attachments: what is known of files, whose bytes are kept elsewhere. $1 is the account in every statement.

-- name: reserve
-- Before the first byte is kept, so that whatever is left of an upload that dies has a row by which it is found.
INSERT INTO attachment (account_id, attachment_id, name, content_type, created_at, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: finish
UPDATE attachment SET size = $3, sha256 = $4, width = $5, height = $6
 WHERE account_id = $1 AND attachment_id = $2 AND expires_at > $7

-- name: find
-- One that waits for a message is there for its sender ($3) alone.
SELECT attachment_id, name, content_type, size, sha256, width, height
  FROM attachment
 WHERE account_id = $1 AND attachment_id = $2 AND size IS NOT NULL AND (expires_at IS NULL OR created_by = $3)

-- name: attach
-- A message names it: from then on it is kept.
UPDATE attachment SET expires_at = NULL
 WHERE account_id = $1 AND attachment_id = $2 AND size IS NOT NULL AND created_by = $3 AND expires_at > $4

-- name: drop
-- Its sender wants it no more, before any message named it.
UPDATE attachment SET expires_at = 0, size = NULL
 WHERE account_id = $1 AND attachment_id = $2 AND created_by = $3 AND expires_at > 0

-- name: count_waiting
SELECT count(*) FROM attachment WHERE account_id = $1 AND expires_at IS NOT NULL

-- name: list_expired
SELECT attachment_id FROM attachment WHERE account_id = $1 AND expires_at <= $2 ORDER BY expires_at LIMIT $3

-- name: condemn
-- Its bytes are about to go: no message can name it any more.
UPDATE attachment SET size = NULL WHERE account_id = $1 AND attachment_id = $2 AND expires_at <= $3

-- name: forget
DELETE FROM attachment WHERE account_id = $1 AND attachment_id = $2 AND expires_at <= $3 AND size IS NULL
