-- Roll-ups, where PostgreSQL wants its own words. What is run for many rows gets them as columns; see tickets.postgres.sql.

-- name: add_cell
-- A cell may come more than once, from changes that were gathered; one statement may change it only once.
INSERT INTO rollup (account_id, scope, agent, level, slot,
                    created, chat_window, mail, chat, responded, responded_seconds, solved, solved_seconds, bad, good)
SELECT $1::bigint, n.scope, n.agent, n.level, n.slot,
       sum(n.created)::bigint, sum(n.chat_window)::bigint, sum(n.mail)::bigint, sum(n.chat)::bigint,
       sum(n.responded)::bigint, sum(n.responded_seconds)::bigint, sum(n.solved)::bigint, sum(n.solved_seconds)::bigint,
       sum(n.bad)::bigint, sum(n.good)::bigint
  FROM unnest($2::text[], $3::text[], $4::integer[], $5::bigint[],
              $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
              $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[])
       AS n (scope, agent, level, slot,
             created, chat_window, mail, chat, responded, responded_seconds, solved, solved_seconds, bad, good)
 GROUP BY n.scope, n.agent, n.level, n.slot
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
