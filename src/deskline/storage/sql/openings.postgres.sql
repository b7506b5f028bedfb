-- The facts behind a number, where PostgreSQL wants its own words.

-- name: list_facts
-- Around the walks, for a single one may not be ordered twice.
SELECT kind, ticket_key, at, seq, agent, seconds, open_seconds, worked_seconds, until
  FROM ({walks}) f
 ORDER BY {order}
 LIMIT {limit} OFFSET {offset}

-- name: facts_of_kind
-- One walk: facts of a kind in an interval. It has an order and a limit of its own: without them all of it is read and sorted.
(SELECT f.kind, f.ticket_key, f.at, f.seq, f.agent, f.seconds, f.open_seconds, f.worked_seconds, f.until
   FROM fact f
  WHERE f.account_id = $1 AND f.kind = {kind} AND f.at >= {start} AND f.at < {end}{condition}
  ORDER BY {order}
  LIMIT {limit})

-- name: list_timelines
SELECT t.ticket_key, t.ticket_id, e.event
  FROM ticket t
  JOIN ticket_event e ON e.account_id = $1 AND e.ticket_key = t.ticket_key
 WHERE t.account_id = $1 AND t.ticket_key = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)::bigint))
 ORDER BY e.ticket_key, e.seq
