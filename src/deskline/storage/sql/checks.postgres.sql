-- What `deskline check` reads, where PostgreSQL wants its own words: lists of values come in as JSON.

-- name: list_damages
-- Crosses accounts. The server looks after its files itself (initdb --data-checksums); there is nothing to ask it here.
SELECT 'ok'

-- name: list_rows
-- Rows of tickets by key, $3 of them after $2.
SELECT ticket_key, ticket_id, created_at, modified_at, last_activity_at, last_message_at, status, source, source_id, assignee,
       requester, tag_count, events, shown
  FROM ticket
 WHERE account_id = $1 AND ticket_key > $2
 ORDER BY ticket_key
 LIMIT $3

-- name: list_timelines
-- The timelines of the tickets [key, …].
SELECT e.ticket_key, e.seq, e.at, e.silent, e.event
  FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS wanted (key, number)
  JOIN ticket_event e ON e.account_id = $1 AND e.ticket_key = wanted.key::bigint
 ORDER BY wanted.number, e.seq

-- name: list_ids
-- The ids of the tickets [key, …], as far as they are there.
SELECT t.ticket_key, t.ticket_id
  FROM jsonb_array_elements($2::jsonb) AS wanted (key)
  JOIN ticket t ON t.account_id = $1 AND t.ticket_key = wanted.key::bigint

-- name: find_groups
-- Those of the rows [[group, key of the ticket, …], …] that are there; likewise of tags and of facts.
SELECT g.group_id, g.ticket_key, g.ticket_id, g.last_message_at
  FROM jsonb_array_elements($2::jsonb) AS wanted (row)
  JOIN ticket_group g ON g.account_id = $1 AND g.group_id = (wanted.row ->> 0)::bigint AND g.ticket_key = (wanted.row ->> 1)::bigint

-- name: find_tags
SELECT g.tag, g.ticket_key, g.ticket_id, g.last_message_at
  FROM jsonb_array_elements($2::jsonb) AS wanted (row)
  JOIN ticket_tag g ON g.account_id = $1 AND g.tag = wanted.row ->> 0 AND g.ticket_key = (wanted.row ->> 1)::bigint

-- name: find_values
SELECT g.value, g.ticket_key, g.ticket_id, g.last_message_at
  FROM jsonb_array_elements($2::jsonb) AS wanted (row)
  JOIN ticket_value g ON g.account_id = $1 AND g.value = wanted.row ->> 0 AND g.ticket_key = (wanted.row ->> 1)::bigint

-- name: find_facts
SELECT f.kind, f.ticket_key, f.at, f.seq, f.agent, f.seconds, f.open_seconds, f.worked_seconds, f.until
  FROM jsonb_array_elements($2::jsonb) AS wanted (row)
  JOIN fact f ON f.account_id = $1 AND f.kind = (wanted.row ->> 0)::integer AND f.ticket_key = (wanted.row ->> 1)::bigint
   AND f.at = (wanted.row ->> 2)::bigint AND f.seq = (wanted.row ->> 3)::integer

-- name: list_words
-- The words of tickets by key, after $2 to $3.
SELECT t.ticket_key, t.ticket_id, s.words, s.notes
  FROM ticket t LEFT JOIN search s ON s.account_id = $1 AND s.ticket_key = t.ticket_key
 WHERE t.account_id = $1 AND t.ticket_key > $2 AND t.ticket_key <= $3

-- name: list_stray_words
-- Rows of the search index, by key, whose ticket is not there.
SELECT s.ticket_key FROM search s
 WHERE s.account_id = $1 AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.account_id = $1 AND t.ticket_key = s.ticket_key)
   AND NOT EXISTS (SELECT 1 FROM ticket_aside a WHERE a.account_id = $1 AND a.ticket_key = s.ticket_key)
 LIMIT 10000
