-- Tickets and their timelines, where PostgreSQL wants its own words. Statements that are run for many rows get them as columns: one
-- array for each parameter after $1, so that any number of rows is one round trip. A cluster gets those of tickets.sql, row by row.

-- name: find_place
-- The account's row is held by whoever writes, so the last keys that are seen are the last there are. It stands in FROM so that a
-- cluster has a table to go by.
SELECT greatest((SELECT ticket_key FROM ticket WHERE account_id = $1 ORDER BY ticket_key DESC LIMIT 1),
                (SELECT ticket_key FROM ticket_aside WHERE account_id = $1 ORDER BY ticket_key DESC LIMIT 1)) AS ticket_key,
       (SELECT event_key FROM ticket_event WHERE account_id = $1 ORDER BY event_key DESC LIMIT 1),
       (SELECT coalesce(json_agg(taken.ticket_id), '[]')::text
          FROM (SELECT ticket_id FROM ticket
                 WHERE account_id = $1 AND ticket_id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)))
                 UNION ALL
                SELECT ticket_id FROM ticket_aside
                 WHERE account_id = $1 AND ticket_id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)))) AS taken),
       hours_revision
  FROM account
 WHERE account_id = $1

-- name: last_event_key
SELECT event_key FROM ticket_event WHERE account_id = $1 ORDER BY event_key DESC LIMIT 1

-- name: add_ticket
INSERT INTO ticket (account_id, ticket_key, ticket_id, created_at, modified_at, last_activity_at, last_message_at,
                    status, source, source_id, assignee, requester, tag_count, events, shown)
SELECT $1::bigint, * FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                         $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::bytea[])

-- name: save_ticket
UPDATE ticket t
   SET created_at = n.created_at, modified_at = n.modified_at, last_activity_at = n.last_activity_at,
       last_message_at = n.last_message_at, status = n.status, source = n.source, source_id = n.source_id, assignee = n.assignee,
       requester = n.requester, tag_count = n.tag_count, events = n.events, shown = n.shown
  FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
              $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::bytea[])
       AS n (ticket_key, ticket_id, created_at, modified_at, last_activity_at, last_message_at,
             status, source, source_id, assignee, requester, tag_count, events, shown)
 WHERE t.account_id = $1::bigint AND t.ticket_key = n.ticket_key AND t.ticket_id = n.ticket_id

-- name: delete_ticket
DELETE FROM ticket WHERE account_id = $1 AND ticket_key IN (SELECT * FROM unnest($2::bigint[]))

-- name: save_aside
INSERT INTO ticket_aside (account_id, ticket_key, ticket_id, aside, created_at, modified_at, shown)
SELECT $1::bigint, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bytea[])
    ON CONFLICT (account_id, ticket_key) DO UPDATE SET aside = excluded.aside, modified_at = excluded.modified_at, shown = excluded.shown

-- name: delete_aside
DELETE FROM ticket_aside WHERE account_id = $1 AND ticket_key IN (SELECT * FROM unnest($2::bigint[]))

-- name: add_event
INSERT INTO ticket_event (account_id, event_key, ticket_key, seq, at, silent, event)
SELECT $1::bigint, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[])

-- name: save_group
INSERT INTO ticket_group (account_id, group_id, ticket_key, ticket_id, last_message_at)
SELECT $1::bigint, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[])
    ON CONFLICT (account_id, group_id, ticket_key) DO UPDATE SET last_message_at = excluded.last_message_at

-- name: delete_group
DELETE FROM ticket_group
 WHERE account_id = $1 AND (group_id, ticket_key) IN (SELECT * FROM unnest($2::bigint[], $3::bigint[]))

-- name: save_tag
INSERT INTO ticket_tag (account_id, tag, ticket_key, ticket_id, last_message_at)
SELECT $1::bigint, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[])
    ON CONFLICT (account_id, tag, ticket_key) DO UPDATE SET last_message_at = excluded.last_message_at

-- name: delete_tag
DELETE FROM ticket_tag
 WHERE account_id = $1 AND (tag, ticket_key) IN (SELECT * FROM unnest($2::text[], $3::bigint[]))

-- name: save_value
INSERT INTO ticket_value (account_id, value, ticket_key, ticket_id, last_message_at)
SELECT $1::bigint, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[])
    ON CONFLICT (account_id, value, ticket_key) DO UPDATE SET last_message_at = excluded.last_message_at

-- name: delete_value
DELETE FROM ticket_value
 WHERE account_id = $1 AND (value, ticket_key) IN (SELECT * FROM unnest($2::text[], $3::bigint[]))

-- name: add_fact
INSERT INTO fact (account_id, kind, ticket_key, at, seq, agent, seconds, open_seconds, worked_seconds, until)
SELECT $1::bigint, * FROM unnest($2::integer[], $3::bigint[], $4::bigint[], $5::integer[], $6::text[],
                         $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])

-- name: delete_fact
DELETE FROM fact
 WHERE account_id = $1 AND (kind, ticket_key, at, seq) IN (SELECT * FROM unnest($2::integer[], $3::bigint[], $4::bigint[], $5::integer[]))
