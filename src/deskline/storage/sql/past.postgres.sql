-- Tickets as they were at an instant, where PostgreSQL wants its own words.

-- name: list_lives
SELECT ticket_key, event
  FROM ticket_event
 WHERE account_id = $1 AND ticket_key = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)::bigint)) AND at <= $3
 ORDER BY ticket_key, seq

-- name: list_shown
SELECT ticket_key, ticket_id, modified_at, shown
  FROM ticket
 WHERE account_id = $1 AND ticket_key = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)::bigint))

-- name: is_other
{ticket_id} NOT IN (SELECT jsonb_array_elements_text({gone}::jsonb))

-- name: list_page
-- The first part has an order and a limit of its own: without them all of it is read and sorted.
(SELECT {walked}.last_message_at AS said_at, {walked}.ticket_id AS id, {walked}.ticket_key, 0
   FROM {source}
  WHERE {condition}
  ORDER BY {walked}.last_message_at {direction}, {walked}.ticket_id {direction}
  LIMIT {limit} + {offset})
 UNION ALL
SELECT (c.value ->> 0)::bigint, (c.value ->> 1) COLLATE "C", (c.value ->> 2)::bigint, 1
  FROM jsonb_array_elements({was}::jsonb) AS c (value)
 ORDER BY said_at {direction}, id {direction}
 LIMIT {limit} OFFSET {offset}
