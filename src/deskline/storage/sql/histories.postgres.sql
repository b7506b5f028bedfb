-- Tickets by the thousand, for import and export, on PostgreSQL. $1 is the account in every statement.

-- name: list_shown_of
-- Those of some tickets that are here ($2: their ids as JSON).
SELECT t.ticket_id, t.shown
  FROM ticket t
 WHERE t.account_id = $1 AND t.ticket_id IN (SELECT jsonb_array_elements_text($2::jsonb))
 UNION ALL
SELECT a.ticket_id, a.shown
  FROM ticket_aside a
 WHERE a.account_id = $1 AND a.ticket_id IN (SELECT jsonb_array_elements_text($2::jsonb))

-- name: list_shown_after
-- The next tickets ($3 of them) behind a key, in the order in which they came.
SELECT ticket_key, shown FROM ticket WHERE account_id = $1 AND ticket_key > $2 ORDER BY ticket_key LIMIT $3
