-- What happened between two lists, on PostgreSQL.

-- name: list_changed
SELECT c.ticket_key, coalesce(t.ticket_id, a.ticket_id)
  FROM (SELECT DISTINCT ticket_key FROM ticket_event WHERE account_id = $1 AND event_key > $2 AND event_key <= $3 LIMIT $4) c
  LEFT JOIN ticket t ON t.account_id = $1 AND t.ticket_key = c.ticket_key
  LEFT JOIN ticket_aside a ON a.account_id = $1 AND a.ticket_key = c.ticket_key

-- name: list_lives
SELECT ticket_key, event_key, event
  FROM ticket_event
 WHERE account_id = $1 AND ticket_key = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)::bigint)) AND event_key <= $3
 ORDER BY ticket_key, seq

-- name: list_changed_of
SELECT t.ticket_key, t.ticket_id
  FROM ticket t
 WHERE t.account_id = $1 AND t.ticket_id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)))
   AND EXISTS (SELECT 1 FROM ticket_event e WHERE e.account_id = $1 AND e.ticket_key = t.ticket_key AND e.event_key > $3)

-- name: find_last
SELECT ticket_key FROM ticket WHERE account_id = $1 ORDER BY ticket_key DESC LIMIT 1

-- name: gather
SELECT '[' || string_agg(({key} - ($1::bigint << 40))::text, ',') || ']' FROM {source} WHERE {condition}
