-- Roll-ups, where PostgreSQL wants its own words. What is run for many rows gets them as columns; see tickets.postgres.sql.

-- name: add_cell
-- A cell may come more than once, from changes that were gathered; one statement may change it only once.
INSERT INTO rollup (account_id, scope, agent, level, slot,
                    created, chat_window, mail, chat, entered_open, left_open, entered_pending, left_pending, responded,
                    responded_seconds, responded_worked, answered, answered_seconds, answered_worked, messages, notes, solved,
                    solved_seconds, solved_open, solved_worked, first_solved, first_solved_seconds, every_solved,
                    every_solved_seconds, reopened, bad, good)
SELECT $1::bigint, n.scope, n.agent, n.level, n.slot,
       sum(n.created)::bigint, sum(n.chat_window)::bigint, sum(n.mail)::bigint, sum(n.chat)::bigint,
       sum(n.entered_open)::bigint, sum(n.left_open)::bigint, sum(n.entered_pending)::bigint, sum(n.left_pending)::bigint,
       sum(n.responded)::bigint, sum(n.responded_seconds)::bigint, sum(n.responded_worked)::bigint, sum(n.answered)::bigint,
       sum(n.answered_seconds)::bigint, sum(n.answered_worked)::bigint, sum(n.messages)::bigint, sum(n.notes)::bigint,
       sum(n.solved)::bigint, sum(n.solved_seconds)::bigint, sum(n.solved_open)::bigint, sum(n.solved_worked)::bigint,
       sum(n.first_solved)::bigint, sum(n.first_solved_seconds)::bigint, sum(n.every_solved)::bigint,
       sum(n.every_solved_seconds)::bigint, sum(n.reopened)::bigint, sum(n.bad)::bigint, sum(n.good)::bigint
  FROM unnest($2::text[], $3::text[], $4::integer[], $5::bigint[],
              $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
              $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[],
              $20::bigint[], $21::bigint[], $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[], $26::bigint[],
              $27::bigint[], $28::bigint[], $29::bigint[], $30::bigint[], $31::bigint[], $32::bigint[])
       AS n (scope, agent, level, slot,
             created, chat_window, mail, chat, entered_open, left_open, entered_pending, left_pending, responded,
             responded_seconds, responded_worked, answered, answered_seconds, answered_worked, messages, notes, solved,
             solved_seconds, solved_open, solved_worked, first_solved, first_solved_seconds, every_solved, every_solved_seconds,
             reopened, bad, good)
 GROUP BY n.scope, n.agent, n.level, n.slot
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
