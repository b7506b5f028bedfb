-- Working hours, and how far the facts follow them. $1 is the account in every statement.

-- name: find_revision
-- The first look of everything that needs hours: what was read of them holds while the revision stands.
SELECT hours_revision, hours_counted FROM account WHERE account_id = $1

-- name: list_hours
-- All of the account, some groups' and (-1) its own, with the revision that they are: one statement sees one state.
SELECT a.hours_revision, a.hours_counted, h.group_id, h.hours
  FROM account a
  LEFT JOIN working_hours h ON h.account_id = a.account_id
 WHERE a.account_id = $1
 ORDER BY h.group_id

-- name: save_hours
INSERT INTO working_hours (account_id, group_id, hours) VALUES ($1, $2, $3)
    ON CONFLICT (account_id, group_id) DO UPDATE SET hours = excluded.hours

-- name: delete_hours
DELETE FROM working_hours WHERE account_id = $1 AND group_id = $2

-- name: save_revision
UPDATE account SET hours_revision = $2 WHERE account_id = $1

-- name: save_counted
-- The facts follow a revision, unless there is another one by now.
UPDATE account SET hours_counted = $2 WHERE account_id = $1 AND hours_revision = $2

-- name: list_keys
-- The account's tickets by key, those after $2.
SELECT ticket_key FROM ticket WHERE account_id = $1 AND ticket_key > $2 ORDER BY ticket_key LIMIT $3

-- name: save_worked
UPDATE fact SET worked_seconds = $6 WHERE account_id = $1 AND kind = $2 AND ticket_key = $3 AND at = $4 AND seq = $5
