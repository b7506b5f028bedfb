-- What `deskline check` reads: everything stored, to be compared with the timelines. $1 is the account, but where marked.

-- name: count_tickets
SELECT count(*) FROM ticket WHERE account_id = $1

-- name: list_rows
-- Rows of tickets by key, $3 of them after $2. `+` leaves the walk to the key: an index of the account alone would sort them each time.
SELECT ticket_key, ticket_id, created_at, modified_at, last_activity_at, last_message_at, status, source, source_id, assignee,
       requester, tag_count, events, shown
  FROM ticket
 WHERE +account_id = $1 AND ticket_key > $2 AND ticket_key < ($1 + 1) << 40
 ORDER BY ticket_key
 LIMIT $3

-- name: list_aside
-- Rows of tickets that are set aside, by key, $3 of them after $2.
SELECT ticket_key, ticket_id, aside, created_at, modified_at, shown
  FROM ticket_aside
 WHERE account_id = $1 AND ticket_key > $2
 ORDER BY ticket_key
 LIMIT $3

-- name: count_groups
SELECT group_id, count(*) FROM ticket_group WHERE account_id = $1 GROUP BY group_id

-- name: count_tags
SELECT tag, count(*) FROM ticket_tag WHERE account_id = $1 GROUP BY tag

-- name: count_values
SELECT value, count(*) FROM ticket_value WHERE account_id = $1 GROUP BY value

-- name: count_facts
SELECT kind, count(*) FROM fact WHERE account_id = $1 GROUP BY kind

-- name: list_groups
-- The rows of one group, to find those that are too many; likewise of one tag and one kind of fact.
SELECT group_id, ticket_key, ticket_id, last_message_at FROM ticket_group
 WHERE account_id = $1 AND group_id = $2 ORDER BY ticket_key LIMIT $4 OFFSET $3

-- name: list_tags
SELECT tag, ticket_key, ticket_id, last_message_at FROM ticket_tag
 WHERE account_id = $1 AND tag = $2 ORDER BY ticket_key LIMIT $4 OFFSET $3

-- name: list_values
SELECT value, ticket_key, ticket_id, last_message_at FROM ticket_value
 WHERE account_id = $1 AND value = $2 ORDER BY ticket_key LIMIT $4 OFFSET $3

-- name: list_facts
SELECT kind, ticket_key, at, seq, agent, seconds, open_seconds, worked_seconds, until FROM fact
 WHERE account_id = $1 AND kind = $2 ORDER BY at, ticket_key LIMIT $4 OFFSET $3

-- name: list_strays
-- Rows that belong to nothing: of a ticket, an agent or a group that is not there, or under a key of another account's range.
SELECT DISTINCT 'event', 'key ' || e.ticket_key FROM ticket_event e
 WHERE e.account_id = $1 AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.account_id = $1 AND t.ticket_key = e.ticket_key)
   AND NOT EXISTS (SELECT 1 FROM ticket_aside a WHERE a.account_id = $1 AND a.ticket_key = e.ticket_key)
UNION ALL
SELECT 'group', g.ticket_id FROM ticket_group g
 WHERE g.account_id = $1 AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.account_id = $1 AND t.ticket_key = g.ticket_key)
UNION ALL
SELECT 'tag', g.ticket_id FROM ticket_tag g
 WHERE g.account_id = $1 AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.account_id = $1 AND t.ticket_key = g.ticket_key)
UNION ALL
SELECT 'value', g.ticket_id FROM ticket_value g
 WHERE g.account_id = $1 AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.account_id = $1 AND t.ticket_key = g.ticket_key)
UNION ALL
SELECT 'fact', 'key ' || f.ticket_key FROM fact f
 WHERE f.account_id = $1 AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.account_id = $1 AND t.ticket_key = f.ticket_key)
UNION ALL
SELECT 'ticket_key', ticket_id FROM ticket WHERE account_id = $1 AND ticket_key >> 40 <> $1
UNION ALL
SELECT 'ticket_key', ticket_id FROM ticket_aside WHERE account_id = $1 AND ticket_key >> 40 <> $1
UNION ALL
SELECT 'a row among those in lists', a.ticket_id FROM ticket_aside a
 WHERE a.account_id = $1 AND EXISTS (SELECT 1 FROM ticket t WHERE t.account_id = $1 AND t.ticket_key = a.ticket_key)
UNION ALL
SELECT DISTINCT 'event_key', 'key ' || ticket_key FROM ticket_event WHERE account_id = $1 AND event_key >> 40 <> $1
UNION ALL
SELECT 'key ' || k.key_id, '' FROM api_key k
 WHERE k.account_id = $1 AND NOT EXISTS (SELECT 1 FROM agent a WHERE a.account_id = $1 AND a.login_key = k.login_key)
UNION ALL
SELECT 'token ' || k.token_id, '' FROM personal_token k
 WHERE k.account_id = $1 AND NOT EXISTS (SELECT 1 FROM agent a WHERE a.account_id = $1 AND a.login_key = k.login_key)
UNION ALL
SELECT DISTINCT 'token of ' || k.login_key || ' for app ' || k.client_id, '' FROM oauth_token k
 WHERE k.account_id = $1
   AND NOT (EXISTS (SELECT 1 FROM agent a WHERE a.account_id = $1 AND a.login_key = k.login_key)
       AND EXISTS (SELECT 1 FROM oauth_client c WHERE c.account_id = $1 AND c.client_id = k.client_id))
UNION ALL
SELECT 'member ' || m.login_key || ' of group ' || m.group_id, '' FROM group_member m
 WHERE m.account_id = $1
   AND NOT (EXISTS (SELECT 1 FROM agent a WHERE a.account_id = $1 AND a.login_key = m.login_key)
       AND EXISTS (SELECT 1 FROM account_group g WHERE g.account_id = $1 AND g.group_id = m.group_id))
 LIMIT 10000

-- name: list_unknown_tags
-- Tags that a ticket carries and the account's list of tags does not have.
SELECT u.tag, u.ticket_id FROM ticket_tag u
 WHERE u.account_id = $1 AND NOT EXISTS (SELECT 1 FROM tag t WHERE t.account_id = $1 AND t.name = u.tag)
 LIMIT 10000

-- name: list_lost_accounts
-- Crosses accounts: those that rows name, and that are not there. Each machine of a cluster looks through its own rows.
SELECT t.account_id FROM ticket t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM ticket_aside t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM ticket_event t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM fact t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM rollup t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM ticket_group t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM ticket_tag t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM ticket_value t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM tag t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM agent t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM account_group t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM group_member t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM working_hours t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM job t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM attachment t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM follow_up t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM ticket_form t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM canned_response t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM custom_field t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM kept_answer t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM personal_token t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM oauth_client t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM oauth_code t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM oauth_token t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM webhook t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT t.account_id FROM webhook_delivery t WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = t.account_id)
 UNION
SELECT account_id FROM api_key WHERE account_id NOT IN (SELECT account_id FROM account)
