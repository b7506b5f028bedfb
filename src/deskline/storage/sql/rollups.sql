-- Roll-ups: sums of facts in slots of time. $1 is the account in every statement.

-- name: add_cell
INSERT INTO rollup (account_id, scope, agent, level, slot,
                    created, chat_window, mail, chat, responded, responded_seconds, solved, solved_seconds, bad, good)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    ON CONFLICT (account_id, scope, agent, level, slot)
    DO UPDATE SET created = rollup.created + excluded.created,
                  chat_window = rollup.chat_window + excluded.chat_window,
                  mail = rollup.mail + excluded.mail,
                  chat = rollup.chat + excluded.chat,
                  responded = rollup.responded + excluded.responded,
                  responded_seconds = rollup.responded_seconds + excluded.responded_seconds,
                  solved = rollup.solved + excluded.solved,
                  solved_seconds = rollup.solved_seconds + excluded.solved_seconds,
                  bad = rollup.bad + excluded.bad,
                  good = rollup.good + excluded.good

-- name: list_cells
-- All cells in the order of the key, $6 of them after one.
SELECT scope, agent, level, slot,
       created, chat_window, mail, chat, responded, responded_seconds, solved, solved_seconds, bad, good
  FROM rollup
 WHERE account_id = $1 AND (scope, agent, level, slot) > ($2, $3, $4, $5)
 ORDER BY scope, agent, level, slot
 LIMIT $6

-- name: delete_cells
DELETE FROM rollup WHERE account_id = $1 AND scope = $2
