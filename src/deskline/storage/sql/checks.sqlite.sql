-- What `deskline check` reads, where SQLite wants its own words: lists of values come in as JSON. CROSS JOIN keeps the list outside:
-- the planner knows nothing of its length and would walk it for every row of the account.

-- name: list_damages
-- Crosses accounts: what the engine finds wrong with the file and its indexes, the search index included; "ok" for nothing.
PRAGMA integrity_check

-- name: list_timelines
-- The timelines of the tickets [key, …].
SELECT e.ticket_key, e.seq, e.at, e.silent, e.event
  FROM json_each($2) wanted
 CROSS JOIN ticket_event e ON e.account_id = $1 AND e.ticket_key = wanted.value
 ORDER BY wanted.key, e.seq

-- name: list_ids
-- The ids of the tickets [key, …], as far as they are there.
SELECT t.ticket_key, t.ticket_id
  FROM json_each($2) wanted
 CROSS JOIN ticket t ON t.account_id = $1 AND t.ticket_key = wanted.value

-- name: find_groups
-- Those of the rows [[group, key of the ticket, …], …] that are there; likewise of tags and of facts.
SELECT g.group_id, g.ticket_key, g.ticket_id, g.last_message_at
  FROM json_each($2) wanted
 CROSS JOIN ticket_group g ON g.account_id = $1 AND g.group_id = wanted.value ->> 0 AND g.ticket_key = wanted.value ->> 1

-- name: find_tags
SELECT g.tag, g.ticket_key, g.ticket_id, g.last_message_at
  FROM json_each($2) wanted
 CROSS JOIN ticket_tag g ON g.account_id = $1 AND g.tag = wanted.value ->> 0 AND g.ticket_key = wanted.value ->> 1

-- name: find_values
SELECT g.value, g.ticket_key, g.ticket_id, g.last_message_at
  FROM json_each($2) wanted
 CROSS JOIN ticket_value g ON g.account_id = $1 AND g.value = wanted.value ->> 0 AND g.ticket_key = wanted.value ->> 1

-- name: find_facts
SELECT f.kind, f.ticket_key, f.at, f.seq, f.agent, f.seconds, f.open_seconds, f.worked_seconds, f.until
  FROM json_each($2) wanted
 CROSS JOIN fact f ON f.account_id = $1 AND f.kind = wanted.value ->> 0 AND f.ticket_key = wanted.value ->> 1 AND f.at = wanted.value ->> 2
   AND f.seq = wanted.value ->> 3

-- name: list_words
-- How many words the search index has of tickets by key, after $2 to $3: of all there is to know of an index without texts, the most.
SELECT t.ticket_key, t.ticket_id, s.sz FROM ticket t LEFT JOIN search_docsize s ON s.id = t.ticket_key
 WHERE +t.account_id = $1 AND t.ticket_key > $2 AND t.ticket_key <= $3

-- name: list_stray_words
-- Rows of the search index, by key, whose ticket is not there.
SELECT s.rowid FROM search s
 WHERE s.rowid > $1 << 40 AND s.rowid < ($1 + 1) << 40 AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.ticket_key = s.rowid)
   AND NOT EXISTS (SELECT 1 FROM ticket_aside a WHERE a.account_id = $1 AND a.ticket_key = s.rowid)
 LIMIT 10000
