-- Tickets by the thousand, for import and export. $1 is the account in every statement.

-- name: list_shown_of
-- Those of some tickets that are here ($2: their ids as JSON), each by one look into the index.
SELECT t.ticket_id, t.shown
  FROM json_each($2) wanted
 CROSS JOIN ticket t ON t.account_id = $1 AND t.ticket_id = wanted.value
 UNION ALL
SELECT a.ticket_id, a.shown
  FROM json_each($2) wanted
 CROSS JOIN ticket_aside a ON a.account_id = $1 AND a.ticket_id = wanted.value

-- name: list_shown_after
-- The next tickets ($3 of them) behind a key, in the order in which they came.
SELECT ticket_key, shown FROM ticket WHERE ticket_key > $2 AND ticket_key < ($1 + 1) << 40 ORDER BY ticket_key LIMIT $3
