-- The timelines of an account as one, in the order of commits. $1 is the account.

-- name: list_changes
-- Events between two keys, without either; also those of tickets that are set aside now.
SELECT e.event_key,
       coalesce((SELECT t.ticket_id FROM ticket t WHERE t.account_id = $1 AND t.ticket_key = e.ticket_key),
                (SELECT s.ticket_id FROM ticket_aside s WHERE s.account_id = $1 AND s.ticket_key = e.ticket_key)),
       e.event
  FROM ticket_event e
 WHERE e.account_id = $1 AND e.event_key > $2 AND e.event_key < $3
 ORDER BY e.event_key
 LIMIT $4

-- name: find_last
SELECT event_key FROM ticket_event
 WHERE account_id = $1 AND event_key > $2 AND event_key < $3
 ORDER BY event_key DESC
 LIMIT 1
