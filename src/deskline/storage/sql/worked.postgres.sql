-- Facts whose working time is to be measured, where PostgreSQL wants its own words.

-- name: first_group
-- Of the groups that have hours, the ticket's one with the lowest number.
(SELECT min(g.group_id) FROM ticket_group g
  WHERE g.account_id = $1 AND g.group_id = ANY (ARRAY(SELECT value::bigint FROM jsonb_array_elements_text({groups}::jsonb) AS value))
    AND g.ticket_key = f.ticket_key)
