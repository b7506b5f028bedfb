-- Sums over facts and roll-ups. $1 is the account; the filters' lines come in at {condition} and their values follow those named here.

-- name: find_oldest
SELECT created_at FROM ticket WHERE account_id = $1 ORDER BY created_at LIMIT 1

-- name: of_agent
f.agent = {value}

-- name: of_anybody
f.agent IS NOT NULL

-- name: is_there
-- A stretch of the backlog that had not ended by the end of the interval.
(f.until IS NULL OR f.until >= $3)

-- name: sum_column
-- A text, so that several are put together.
coalesce(sum(r.{column}), 0) || ''
