-- Sums over facts. $1 is the account; the filters' lines come in at {condition} and their values follow those named here.

-- name: find_oldest
SELECT created_at FROM ticket WHERE account_id = $1 ORDER BY created_at LIMIT 1

-- name: of_agent
f.agent = {value}

-- name: count_ratings
-- The ranking: $2 and $3 are the borders.
SELECT f.agent, sum(f.label = 'good'), sum(f.label = 'bad')
  FROM fact f
 WHERE f.account_id = $1 AND f.kind = 'rated' AND f.at >= $2 AND f.at < $3 AND f.agent IS NOT NULL{condition}
 GROUP BY f.agent
