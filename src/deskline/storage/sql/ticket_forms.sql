-- The public forms. $1 is the account in every statement.

-- name: find
SELECT origins, without_origin, per_minute FROM ticket_form WHERE account_id = $1

-- name: save
INSERT INTO ticket_form (account_id, origins, without_origin, per_minute) VALUES ($1, $2, $3, $4)
    ON CONFLICT (account_id) DO UPDATE
   SET origins = excluded.origins, without_origin = excluded.without_origin, per_minute = excluded.per_minute

-- name: delete
DELETE FROM ticket_form WHERE account_id = $1
