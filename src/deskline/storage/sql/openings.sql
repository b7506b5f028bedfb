-- The facts behind a number, in order. $1 is the account, the borders of intervals are next, then the filters' values of {condition}.

-- name: by_instant
at {direction}, ticket_key {direction}, kind {direction}, seq {direction}

-- name: and_of
UNION ALL
