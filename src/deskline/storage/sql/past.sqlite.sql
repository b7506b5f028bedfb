-- Tickets as they were at an instant, where SQLite wants its own words: lists of values come in as JSON.

-- name: find_told_late
SELECT 1 FROM ticket_event NOT INDEXED WHERE account_id = $1 AND event_key > $2 AND event_key <= $3 AND at <= $4 LIMIT 1

-- name: list_changed_lately
SELECT DISTINCT e.ticket_key, ifnull(t.ticket_id, a.ticket_id)
  FROM ticket_event e NOT INDEXED
  LEFT JOIN ticket t ON t.ticket_key = e.ticket_key AND t.account_id = $1
  LEFT JOIN ticket_aside a ON a.account_id = $1 AND a.ticket_key = e.ticket_key AND t.ticket_id IS NULL
 WHERE e.account_id = $1 AND e.event_key > $2 AND e.event_key <= $3 AND ifnull(t.created_at, a.created_at) <= $4

-- name: list_changed_of_requester
SELECT ticket_key, ticket_id
  FROM ticket
 WHERE account_id = $1 AND requester = $4 AND +created_at <= $2 AND modified_at > $2
 UNION ALL
SELECT t.ticket_key, t.ticket_id
  FROM ticket_event e
 CROSS JOIN ticket t ON t.ticket_key = e.ticket_key
 WHERE e.account_id = $1 AND e.at > $2 AND e.silent = 2 AND t.account_id = $1 AND t.created_at <= $2
 LIMIT $3

-- name: list_lives
-- What had happened to some tickets ($2) by an instant ($3), ticket by ticket and in order. CROSS JOIN keeps the list outside.
SELECT e.ticket_key, e.event
  FROM json_each($2) c
 CROSS JOIN ticket_event e ON e.account_id = $1 AND e.ticket_key = c.value
 WHERE e.at <= $3
 ORDER BY e.ticket_key, e.seq

-- name: list_shown
-- Some tickets ($2) as they are shown now.
SELECT t.ticket_key, t.ticket_id, t.modified_at, t.shown FROM json_each($2) c CROSS JOIN ticket t ON t.ticket_key = c.value WHERE t.account_id = $1

-- name: is_other
-- A piece: the ticket is none of those that changed since.
{ticket_id} NOT IN (SELECT c.value FROM json_each({gone}) c)

-- name: list_page
-- A page of two lists in one order, neither sorted as a whole: the tickets that stand as they did ({condition}), along the index of
-- their filter, and those that were folded ({was}: [last message, ticket id, ticket key] each).
SELECT {walked}.last_message_at AS said_at, {walked}.ticket_id AS id, {walked}.ticket_key, 0
  FROM {source}
 WHERE {condition}
 UNION ALL
SELECT c.value ->> 0, c.value ->> 1, c.value ->> 2, 1 FROM json_each({was}) c
 ORDER BY said_at {direction}, id {direction}
 LIMIT {limit} OFFSET {offset}
