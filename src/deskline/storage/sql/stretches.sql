-- Stretches of the backlog, each once. $1 is the account; the filters' lines come in at {condition}, their values from $6 on.

-- name: list_stretches
-- Of which kind, from when until when (NULL: it lasts); those behind a place ($2 to $5), in that order.
SELECT f.kind, f.at, f.ticket_key, f.seq, f.until
  FROM fact f
 WHERE f.account_id = $1 AND f.kind IN ({kinds}) AND (f.kind, f.at, f.ticket_key, f.seq) > ($2, $3, $4, $5){condition}
 ORDER BY f.kind, f.at, f.ticket_key, f.seq
 LIMIT {limit}
