-- Webhooks and what they were told. $1 is the account, but where a statement is marked as crossing accounts.

-- name: list_due
-- Crosses accounts: webhooks that have something to tell, as their jobs. Reads only; each is then claimed in its own account.
SELECT j.account_id, j.job_id, j.kind, j.fence
  FROM webhook w
  JOIN job j ON j.account_id = w.account_id AND j.job_id = w.webhook_id
 WHERE w.disabled_at IS NULL
   AND (j.worker IS NOT NULL AND j.due_at <= $1
        OR j.worker IS NULL AND (j.error = '' OR j.due_at <= $1) AND w.rests_until <= $1
           AND (EXISTS (SELECT 1 FROM ticket_event e
                         WHERE e.account_id = w.account_id AND e.event_key > w.after_key AND e.event_key < (w.account_id + 1) << 40)
                OR EXISTS (SELECT 1 FROM webhook_delivery d
                            WHERE d.account_id = w.account_id AND d.webhook_id = w.webhook_id AND d.next_at <= $1)))
 LIMIT $2

-- name: add_webhook
INSERT INTO webhook (account_id, webhook_id, event_type, url, payload, token, secret, created_at, after_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: list_webhooks
SELECT webhook_id, event_type, url, payload, token, secret, former_secret, former_until, created_at, accepted_at, disabled_at,
       disabled_reason, after_key, failures, rests_until
  FROM webhook
 WHERE account_id = $1
 ORDER BY created_at, webhook_id

-- name: find_webhook
SELECT webhook_id, event_type, url, payload, token, secret, former_secret, former_until, created_at, accepted_at, disabled_at,
       disabled_reason, after_key, failures, rests_until
  FROM webhook
 WHERE account_id = $1 AND webhook_id = $2

-- name: save_webhook
-- What somebody changed.
UPDATE webhook
   SET event_type = $3, url = $4, token = $5, secret = $6, former_secret = $7, former_until = $8, disabled_at = $9,
       disabled_reason = $10, after_key = $11, failures = $12, rests_until = $13
 WHERE account_id = $1 AND webhook_id = $2

-- name: save_progress
-- What followed from attempts. Somebody may have changed the webhook meanwhile: a cursor never goes back.
UPDATE webhook
   SET after_key = CASE WHEN after_key < $3 THEN $3 ELSE after_key END, failures = $4, rests_until = $5,
       accepted_at = coalesce(accepted_at, $6)
 WHERE account_id = $1 AND webhook_id = $2

-- name: disable_webhook
UPDATE webhook SET disabled_at = $3, disabled_reason = $4 WHERE account_id = $1 AND webhook_id = $2 AND disabled_at IS NULL

-- name: delete_webhook
DELETE FROM webhook WHERE account_id = $1 AND webhook_id = $2

-- name: delete_deliveries
DELETE FROM webhook_delivery WHERE account_id = $1 AND webhook_id = $2

-- name: delete_job
DELETE FROM job WHERE account_id = $1 AND job_id = $2

-- name: list_events
-- The timeline behind a cursor, in the order of commits.
SELECT event_key, ticket_key, seq, at, event
  FROM ticket_event
 WHERE account_id = $1 AND event_key > $2 AND event_key < ($1 + 1) << 40
 ORDER BY event_key
 LIMIT $3

-- name: find_instant
SELECT at FROM ticket_event WHERE account_id = $1 AND event_key = $2

-- name: find_ticket
-- Wherever it is: what happens to it in the trash is told as well.
SELECT ticket_id FROM ticket WHERE account_id = $1 AND ticket_key = $2
 UNION ALL
SELECT ticket_id FROM ticket_aside WHERE account_id = $1 AND ticket_key = $2

-- name: list_known
-- A ticket's timeline up to an event of it.
SELECT event FROM ticket_event WHERE account_id = $1 AND ticket_key = $2 AND seq < $3 ORDER BY seq

-- name: list_waiting
-- What is to be sent by now, the longest due first.
SELECT event_key, event_type, ticket_key, seq, state, attempts, first_at, last_at, next_at, status, failure
  FROM webhook_delivery
 WHERE account_id = $1 AND webhook_id = $2 AND next_at <= $3
 ORDER BY next_at
 LIMIT $4

-- name: save_delivery
INSERT INTO webhook_delivery (account_id, webhook_id, event_key, event_type, ticket_key, seq, state, attempts, first_at, last_at, next_at,
                              status, failure)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    ON CONFLICT (account_id, webhook_id, event_key) DO UPDATE
   SET state = excluded.state, attempts = excluded.attempts, first_at = excluded.first_at, last_at = excluded.last_at,
       next_at = excluded.next_at, status = excluded.status, failure = excluded.failure

-- name: find_delivery
SELECT event_key, event_type, ticket_key, seq, state, attempts, first_at, last_at, next_at, status, failure
  FROM webhook_delivery
 WHERE account_id = $1 AND webhook_id = $2 AND event_key = $3

-- name: list_log
-- What was told last, newest event first; an empty state is any.
SELECT event_key, event_type, ticket_key, seq, state, attempts, first_at, last_at, next_at, status, failure,
       coalesce((SELECT t.ticket_id FROM ticket t WHERE t.account_id = $1 AND t.ticket_key = d.ticket_key),
                (SELECT a.ticket_id FROM ticket_aside a WHERE a.account_id = $1 AND a.ticket_key = d.ticket_key))
  FROM webhook_delivery d
 WHERE account_id = $1 AND webhook_id = $2 AND ($3 = '' OR state = $3) AND event_key < $4
 ORDER BY event_key DESC
 LIMIT $5

-- name: replay_failed
UPDATE webhook_delivery SET state = 'waiting', attempts = 0, first_at = $3, next_at = $3
 WHERE account_id = $1 AND webhook_id = $2 AND state = 'failed'

-- name: give_up
-- What has waited for the whole time behind others at a receiver that is down.
UPDATE webhook_delivery SET state = 'failed', next_at = NULL
 WHERE account_id = $1 AND webhook_id = $2 AND next_at IS NOT NULL AND first_at <= $3

-- name: find_end
-- When the last but $3 of what is over was over.
SELECT last_at
  FROM webhook_delivery
 WHERE account_id = $1 AND webhook_id = $2 AND next_at IS NULL
 ORDER BY last_at DESC
 LIMIT 1 OFFSET $3

-- name: prune
DELETE FROM webhook_delivery WHERE account_id = $1 AND webhook_id = $2 AND next_at IS NULL AND last_at < $3
