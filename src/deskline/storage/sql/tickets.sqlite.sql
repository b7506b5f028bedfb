-- Tickets, where SQLite wants its own words: lists of values come in as JSON.

-- name: list_taken
-- Those of some ids ($2) that a ticket has. CROSS JOIN keeps the list outside: each id is one look into the index.
SELECT t.ticket_id
  FROM json_each($2) drawn
 CROSS JOIN ticket t ON t.account_id = $1 AND t.ticket_id = drawn.value
