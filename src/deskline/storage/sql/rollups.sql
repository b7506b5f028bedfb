-- Roll-ups: sums of facts in slots of time. $1 is the account in every statement.

-- name: add_cell
INSERT INTO rollup (account_id, scope, agent, level, slot,
                    created, chat_window, mail, chat, entered_open, left_open, entered_pending, left_pending, responded,
                    responded_seconds, responded_worked, answered, answered_seconds, answered_worked, messages, notes, solved,
                    solved_seconds, solved_open, solved_worked, first_solved, first_solved_seconds, every_solved,
                    every_solved_seconds, reopened, bad, good)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
        $27, $28, $29, $30, $31, $32)
    ON CONFLICT (account_id, scope, agent, level, slot)
    DO UPDATE SET created = rollup.created + excluded.created,
                  chat_window = rollup.chat_window + excluded.chat_window,
                  mail = rollup.mail + excluded.mail,
                  chat = rollup.chat + excluded.chat,
                  entered_open = rollup.entered_open + excluded.entered_open,
                  left_open = rollup.left_open + excluded.left_open,
                  entered_pending = rollup.entered_pending + excluded.entered_pending,
                  left_pending = rollup.left_pending + excluded.left_pending,
                  responded = rollup.responded + excluded.responded,
                  responded_seconds = rollup.responded_seconds + excluded.responded_seconds,
                  responded_worked = rollup.responded_worked + excluded.responded_worked,
                  answered = rollup.answered + excluded.answered,
                  answered_seconds = rollup.answered_seconds + excluded.answered_seconds,
                  answered_worked = rollup.answered_worked + excluded.answered_worked,
                  messages = rollup.messages + excluded.messages,
                  notes = rollup.notes + excluded.notes,
                  solved = rollup.solved + excluded.solved,
                  solved_seconds = rollup.solved_seconds + excluded.solved_seconds,
                  solved_open = rollup.solved_open + excluded.solved_open,
                  solved_worked = rollup.solved_worked + excluded.solved_worked,
                  first_solved = rollup.first_solved + excluded.first_solved,
                  first_solved_seconds = rollup.first_solved_seconds + excluded.first_solved_seconds,
                  every_solved = rollup.every_solved + excluded.every_solved,
                  every_solved_seconds = rollup.every_solved_seconds + excluded.every_solved_seconds,
                  reopened = rollup.reopened + excluded.reopened,
                  bad = rollup.bad + excluded.bad,
                  good = rollup.good + excluded.good

-- name: list_cells
-- All cells in the order of the key, $6 of them after one.
SELECT scope, agent, level, slot,
       created, chat_window, mail, chat, entered_open, left_open, entered_pending, left_pending, responded, responded_seconds,
       responded_worked, answered, answered_seconds, answered_worked, messages, notes, solved, solved_seconds, solved_open,
       solved_worked, first_solved, first_solved_seconds, every_solved, every_solved_seconds, reopened, bad, good
  FROM rollup
 WHERE account_id = $1 AND (scope, agent, level, slot) > ($2, $3, $4, $5)
 ORDER BY scope, agent, level, slot
 LIMIT $6

-- name: delete_cells
DELETE FROM rollup WHERE account_id = $1 AND scope = $2
