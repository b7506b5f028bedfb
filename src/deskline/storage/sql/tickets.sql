-- Tickets and their timelines. $1 is the account in every statement.

-- name: find_shown
-- One ticket as the API answers it: the hottest read of all.
SELECT shown FROM ticket WHERE account_id = $1 AND ticket_id = $2

-- name: find_key
-- Whether there is such a ticket.
SELECT ticket_key FROM ticket WHERE account_id = $1 AND ticket_id = $2

-- name: list_life
-- The row that a write is about to change, with the ticket's whole timeline, in order.
SELECT ticket_key, event
  FROM ticket_event
 WHERE account_id = $1 AND ticket_key = (SELECT ticket_key FROM ticket WHERE account_id = $1 AND ticket_id = $2)
 ORDER BY seq

-- name: find_aside_shown
-- One that is set aside, as the API answers it.
SELECT shown FROM ticket_aside WHERE account_id = $1 AND ticket_id = $2

-- name: list_aside_life
SELECT ticket_key, event
  FROM ticket_event
 WHERE account_id = $1 AND ticket_key = (SELECT ticket_key FROM ticket_aside WHERE account_id = $1 AND ticket_id = $2)
 ORDER BY seq

-- name: count_trash
SELECT count(*) FROM ticket_aside WHERE account_id = $1 AND aside = 'trash'

-- name: list_trash
-- A page of the trash, what was put there last first.
SELECT shown FROM ticket_aside
 WHERE account_id = $1 AND aside = 'trash'
 ORDER BY modified_at DESC, ticket_id DESC
 LIMIT $2 OFFSET $3

-- name: last_event_key
-- The account's position: it grows with every change, so whatever was derived at a position holds while that stands.
SELECT event_key FROM ticket_event WHERE event_key >= $1 << 40 AND event_key < ($1 + 1) << 40 ORDER BY event_key DESC LIMIT 1

-- name: add_ticket
INSERT INTO ticket (account_id, ticket_key, ticket_id, created_at, modified_at, last_activity_at, last_message_at,
                    status, source, source_id, assignee, requester, tag_count, events, shown)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)

-- name: save_ticket
UPDATE ticket
   SET created_at = $4, modified_at = $5, last_activity_at = $6, last_message_at = $7, status = $8, source = $9, source_id = $10,
       assignee = $11, requester = $12, tag_count = $13, events = $14, shown = $15
 WHERE account_id = $1 AND ticket_key = $2 AND ticket_id = $3

-- name: delete_ticket
DELETE FROM ticket WHERE account_id = $1 AND ticket_key = $2

-- name: save_aside
INSERT INTO ticket_aside (account_id, ticket_key, ticket_id, aside, created_at, modified_at, shown) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (account_id, ticket_key) DO UPDATE SET aside = excluded.aside, modified_at = excluded.modified_at, shown = excluded.shown

-- name: delete_aside
DELETE FROM ticket_aside WHERE account_id = $1 AND ticket_key = $2

-- name: add_event
INSERT INTO ticket_event (account_id, event_key, ticket_key, seq, at, silent, event) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: save_group
INSERT INTO ticket_group (account_id, group_id, ticket_key, ticket_id, last_message_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (account_id, group_id, ticket_key) DO UPDATE SET last_message_at = excluded.last_message_at

-- name: delete_group
DELETE FROM ticket_group WHERE account_id = $1 AND group_id = $2 AND ticket_key = $3

-- name: save_tag
INSERT INTO ticket_tag (account_id, tag, ticket_key, ticket_id, last_message_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (account_id, tag, ticket_key) DO UPDATE SET last_message_at = excluded.last_message_at

-- name: delete_tag
DELETE FROM ticket_tag WHERE account_id = $1 AND tag = $2 AND ticket_key = $3

-- name: save_value
INSERT INTO ticket_value (account_id, value, ticket_key, ticket_id, last_message_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (account_id, value, ticket_key) DO UPDATE SET last_message_at = excluded.last_message_at

-- name: delete_value
DELETE FROM ticket_value WHERE account_id = $1 AND value = $2 AND ticket_key = $3

-- name: add_fact
INSERT INTO fact (account_id, kind, ticket_key, at, seq, agent, seconds, open_seconds, worked_seconds, until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: delete_fact
DELETE FROM fact WHERE account_id = $1 AND kind = $2 AND ticket_key = $3 AND at = $4 AND seq = $5
