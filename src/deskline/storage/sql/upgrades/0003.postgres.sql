-- Roll-ups: facts summed in slots of UTC, so that a report costs what its rows do; filled from the facts, level by level.
CREATE TABLE rollup (
    account_id        bigint NOT NULL,
    scope             text COLLATE "C" NOT NULL,
    agent             text COLLATE "C" NOT NULL,
    level             integer NOT NULL,
    slot              bigint NOT NULL,
    created           bigint NOT NULL,
    chat_window       bigint NOT NULL,
    mail              bigint NOT NULL,
    chat              bigint NOT NULL,
    responded         bigint NOT NULL,
    responded_seconds bigint NOT NULL,
    solved            bigint NOT NULL,
    solved_seconds    bigint NOT NULL,
    bad               bigint NOT NULL,
    good              bigint NOT NULL,
    PRIMARY KEY (account_id, scope, agent, level, slot)
);
INSERT INTO rollup (account_id, scope, agent, level, slot,
                    created, chat_window, mail, chat, responded, responded_seconds, solved, solved_seconds, bad, good)
SELECT f.account_id, s.scope, CASE p.part WHEN 'agent' THEN 'a:' || f.agent ELSE '' END, 0,
       (f.at - (f.at % 900000 + 900000) % 900000) / 900000,
       sum(CASE WHEN f.kind <= 4 THEN 1 ELSE 0 END),
       sum(CASE WHEN f.kind = 1 THEN 1 ELSE 0 END),
       sum(CASE WHEN f.kind = 2 THEN 1 ELSE 0 END),
       sum(CASE WHEN f.kind = 3 THEN 1 ELSE 0 END),
       sum(CASE WHEN f.kind = 5 THEN 1 ELSE 0 END),
       sum(CASE WHEN f.kind = 5 THEN f.seconds ELSE 0 END),
       sum(CASE WHEN f.kind = 6 THEN 1 ELSE 0 END),
       sum(CASE WHEN f.kind = 6 THEN f.seconds ELSE 0 END),
       sum(CASE WHEN f.kind = 7 THEN 1 ELSE 0 END),
       sum(CASE WHEN f.kind = 8 THEN 1 ELSE 0 END)
  FROM fact f
  JOIN (SELECT account_id, ticket_key, '' AS scope FROM ticket
         UNION ALL
        SELECT account_id, ticket_key, 'g:' || group_id FROM ticket_group
         UNION ALL
        SELECT account_id, ticket_key, 't:' || tag FROM ticket_tag) s ON s.account_id = f.account_id AND s.ticket_key = f.ticket_key
  JOIN (SELECT 'all' AS part UNION ALL SELECT 'agent') p
    ON p.part = 'all' OR f.agent IS NOT NULL AND (s.scope = '' OR f.kind >= 7)
 GROUP BY 1, 2, 3, 5;
INSERT INTO rollup (account_id, scope, agent, level, slot,
                    created, chat_window, mail, chat, responded, responded_seconds, solved, solved_seconds, bad, good)
SELECT account_id, scope, agent, 1, (slot - (slot % 4 + 4) % 4) / 4,
       sum(created), sum(chat_window), sum(mail), sum(chat), sum(responded), sum(responded_seconds), sum(solved),
       sum(solved_seconds), sum(bad), sum(good)
  FROM rollup
 WHERE level = 0
 GROUP BY 1, 2, 3, 5;
INSERT INTO rollup (account_id, scope, agent, level, slot,
                    created, chat_window, mail, chat, responded, responded_seconds, solved, solved_seconds, bad, good)
SELECT account_id, scope, agent, 2, (slot - (slot % 24 + 24) % 24) / 24,
       sum(created), sum(chat_window), sum(mail), sum(chat), sum(responded), sum(responded_seconds), sum(solved),
       sum(solved_seconds), sum(bad), sum(good)
  FROM rollup
 WHERE level = 1
 GROUP BY 1, 2, 3, 5;
