-- Whether and when an account follows tickets up that stay pending. $1 is the account in every statement.

-- name: find
SELECT remind_hours, solve_hours FROM follow_up WHERE account_id = $1

-- name: save
INSERT INTO follow_up (account_id, remind_hours, solve_hours) VALUES ($1, $2, $3)
    ON CONFLICT (account_id) DO UPDATE SET remind_hours = excluded.remind_hours, solve_hours = excluded.solve_hours

-- name: delete
DELETE FROM follow_up WHERE account_id = $1
