-- Tickets, where SQLite wants its own words: lists of values come in as JSON.

-- name: find_place
-- Where new tickets go, behind the last keys, those of some ids ($2) that a ticket has, and the revision of hours.
-- CROSS JOIN keeps the list outside: each id is one look into the index.
SELECT max(ifnull((SELECT ticket_key FROM ticket WHERE ticket_key >= $1 << 40 AND ticket_key < ($1 + 1) << 40 ORDER BY ticket_key DESC LIMIT 1), 0),
           ifnull((SELECT ticket_key FROM ticket_aside WHERE account_id = $1 ORDER BY ticket_key DESC LIMIT 1), 0)),
       (SELECT event_key FROM ticket_event WHERE event_key >= $1 << 40 AND event_key < ($1 + 1) << 40 ORDER BY event_key DESC LIMIT 1),
       (SELECT json_group_array(drawn.value)
          FROM json_each($2) drawn
         WHERE EXISTS (SELECT 1 FROM ticket t WHERE t.account_id = $1 AND t.ticket_id = drawn.value)
            OR EXISTS (SELECT 1 FROM ticket_aside a WHERE a.account_id = $1 AND a.ticket_id = drawn.value)),
       (SELECT hours_revision FROM account WHERE account_id = $1)
