-- Tickets as they were at an instant. $1 is the account in every statement.

-- name: find_told_late
-- Whether events after $2, up to $3, say that they happened up to the instant $4: what an import brings may. Along the events' own keys.
SELECT 1 FROM ticket_event WHERE account_id = $1 AND event_key > $2 AND event_key <= $3 AND at <= $4 LIMIT 1

-- name: find_ticket
-- One ticket: when it began, when it changed last, how many events it has, and how it is shown now.
SELECT ticket_key, ticket_id, created_at, modified_at, events, shown FROM ticket WHERE account_id = $1 AND ticket_id = $2

-- name: find_aside
-- The same of one that is set aside.
SELECT ticket_key, ticket_id, created_at, modified_at,
       (SELECT count(*) FROM ticket_event e WHERE e.account_id = $1 AND e.ticket_key = a.ticket_key), shown
  FROM ticket_aside a
 WHERE account_id = $1 AND ticket_id = $2

-- name: list_set_aside
-- Tickets that were there at an instant ($2) and are set aside since, at most $3 of them.
SELECT ticket_key, ticket_id FROM ticket_aside WHERE account_id = $1 AND modified_at > $2 AND created_at <= $2 LIMIT $3

-- name: list_active
-- Tickets that were there at an instant ($2) and had activity since, at most $3 of them. What changed silently stands in lists as it stood,
-- unless they are of tags, groups or words.
SELECT ticket_key, ticket_id FROM ticket WHERE account_id = $1 AND last_activity_at > $2 AND created_at <= $2 LIMIT $3

-- name: list_changed
-- The same with those whose changes since are all silent. Each half is a range of an index that a new ticket hardly costs anything: the
-- second holds few tickets.
SELECT ticket_key, ticket_id FROM ticket WHERE account_id = $1 AND last_activity_at > $2 AND created_at <= $2
 UNION ALL
SELECT ticket_key, ticket_id
  FROM ticket
 WHERE account_id = $1 AND modified_at > $2 AND last_activity_at <= $2 AND modified_at > last_activity_at
 LIMIT $3

-- name: list_changed_lately
-- Tickets that changed after one position ($2), up to another ($3), and were there at an instant ($4).
SELECT DISTINCT e.ticket_key, coalesce(t.ticket_id, a.ticket_id)
  FROM ticket_event e
  LEFT JOIN ticket t ON t.account_id = e.account_id AND t.ticket_key = e.ticket_key
  LEFT JOIN ticket_aside a ON a.account_id = e.account_id AND a.ticket_key = e.ticket_key
 WHERE e.account_id = $1 AND e.event_key > $2 AND e.event_key <= $3 AND coalesce(t.created_at, a.created_at) <= $4

-- name: count_standing
-- How many tickets of a filter stand as they stood ({condition} says so).
SELECT count(*) FROM {source} WHERE {condition}

-- name: list_changed_of_requester
-- The same of one requester ($4), whose all those may have been that got another one since. `+` leaves the choice to the index.
SELECT ticket_key, ticket_id
  FROM ticket
 WHERE account_id = $1 AND requester = $4 AND +created_at <= $2 AND modified_at > $2
 UNION ALL
SELECT t.ticket_key, t.ticket_id
  FROM ticket_event e
  JOIN ticket t ON t.account_id = e.account_id AND t.ticket_key = e.ticket_key
 WHERE e.account_id = $1 AND e.at > $2 AND e.silent = 2 AND t.created_at <= $2
 LIMIT $3

-- name: list_changed_from_source_id
-- The same of those that came from one chat ($4).
SELECT ticket_key, ticket_id
  FROM ticket
 WHERE account_id = $1 AND source_id = $4 AND +created_at <= $2 AND modified_at > $2
 LIMIT $3
