-- Custom fields of an account; their values are in the timelines of tickets. $1 is the account in every statement.

-- name: list_fields
-- Deleted ones too: tickets may tell values of them, and their keys keep their types.
SELECT field_key, name, type, choices, created_at, created_by, deleted_at
  FROM custom_field
 WHERE account_id = $1
 ORDER BY created_at, field_key

-- name: find_field
SELECT field_key, name, type, choices, created_at, created_by, deleted_at
  FROM custom_field
 WHERE account_id = $1 AND field_key = $2

-- name: save_field
INSERT INTO custom_field (account_id, field_key, name, type, choices, created_at, created_by, deleted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (account_id, field_key)
    DO UPDATE SET name = excluded.name, choices = excluded.choices, created_at = excluded.created_at, created_by = excluded.created_by,
                  deleted_at = excluded.deleted_at
