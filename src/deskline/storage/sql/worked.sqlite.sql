-- Facts whose working time is to be measured, where SQLite wants its own words.

-- name: first_group
-- Of the groups that have hours, the ticket's one with the lowest number.
(SELECT min(g.group_id) FROM ticket_group g
  WHERE g.account_id = $1 AND g.group_id IN (SELECT value FROM json_each({groups})) AND g.ticket_key = f.ticket_key)
