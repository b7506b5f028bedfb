-- The facts behind a number, in order. $1 is the account, the borders of intervals are next, then the filters' values of {condition}.

-- name: by_instant
at {direction}, ticket_key {direction}, kind {direction}, seq {direction}

-- name: and_of
UNION ALL

-- name: list_stretches
-- Stretches of the backlog that had begun, since an instant ($2) and before another ($3), and not ended by then: along those that had begun,
-- as one that lasts has no end.
SELECT f.kind, f.ticket_key, f.at, f.seq, f.agent, f.seconds, f.open_seconds, f.worked_seconds, f.until
  FROM fact f
 WHERE f.account_id = $1 AND f.kind IN (16, 17) AND f.at >= $2 AND f.at < $3 AND (f.until IS NULL OR f.until >= $3){condition}
 ORDER BY f.at, f.ticket_key, f.kind, f.seq
 LIMIT {limit} OFFSET {offset}
