-- Facts whose working time is to be measured. $1 is the account; the filters' lines come in at {condition}, their values from $3 on.

-- name: list_spans
-- When facts of a kind were and how long they took, those behind a place and before $2, with the group whose hours count.
SELECT f.at, f.ticket_key, f.seq, f.seconds, {group}
  FROM fact f
 WHERE f.account_id = $1 AND f.kind = {kind} AND f.at < $2 AND (f.at, f.ticket_key, f.seq) > ({at}, {ticket_key}, {seq}){condition}
 ORDER BY f.at, f.ticket_key, f.seq
 LIMIT {limit}
