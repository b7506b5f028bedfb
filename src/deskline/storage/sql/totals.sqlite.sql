-- What happened between two lists, on SQLite: lists of values come in as JSON.

-- name: list_changed
-- The tickets that events after $2, up to $3, happened to, key and id, at most $4, also those that are set aside now. Along the events' own keys: there are few between two lists.
SELECT c.ticket_key, ifnull(t.ticket_id, a.ticket_id)
  FROM (SELECT DISTINCT ticket_key FROM ticket_event NOT INDEXED WHERE account_id = $1 AND event_key > $2 AND event_key <= $3 LIMIT $4) c
  LEFT JOIN ticket t ON t.ticket_key = c.ticket_key AND t.account_id = $1
  LEFT JOIN ticket_aside a ON a.account_id = $1 AND a.ticket_key = c.ticket_key AND t.ticket_id IS NULL

-- name: list_lives
-- The timelines of some tickets ($2) up to an event ($3), ticket by ticket and in order. CROSS JOIN keeps the list outside.
SELECT e.ticket_key, e.event_key, e.event
  FROM json_each($2) c
 CROSS JOIN ticket_event e ON e.account_id = $1 AND e.ticket_key = c.value
 WHERE e.event_key <= $3
 ORDER BY e.ticket_key, e.seq

-- name: list_changed_of
-- Those of some tickets ($2, ids) that events after $3 happened to, key and id.
SELECT t.ticket_key, t.ticket_id
  FROM json_each($2) c
 CROSS JOIN ticket t ON t.account_id = $1 AND t.ticket_id = c.value
 WHERE EXISTS (SELECT 1 FROM ticket_event e WHERE e.account_id = $1 AND e.ticket_key = t.ticket_key AND e.event_key > $3)

-- name: find_last
-- The key of the account's last ticket.
SELECT ticket_key FROM ticket WHERE ticket_key >= $1 << 40 AND ticket_key < ($1 + 1) << 40 ORDER BY ticket_key DESC LIMIT 1

-- name: gather
-- The tickets that match a condition, as one list of the numbers that their keys ({key}) end in.
SELECT json_group_array({key} - ($1 << 40)) FROM {source} WHERE {condition}
