-- Sums over facts and roll-ups, where SQLite wants its own words: lists of values come in as JSON, intervals ($2) as {"start": end, …}.

-- name: sum_facts
-- All sums of all intervals as one text: interval after interval in the order given, each sum one walk of an index. One walk after the
-- other, because a join with GROUP BY sorts every fact first (measured on 100,000 facts and 1,095 intervals: 4.8 ms against 22.9 ms);
-- one text, because 1,096 rows cost 0.3 ms more.
SELECT group_concat({sums}, ' ' ORDER BY span.id)
  FROM json_each($2) span

-- name: sum
(SELECT {sum} FROM fact f
  WHERE f.account_id = $1 AND f.kind IN ({kinds}) AND f.{instant} >= CAST(span.key AS INTEGER) AND f.{instant} < span.value{condition})

-- name: sum_count
count(*)

-- name: sum_added
coalesce(sum(f.{added}), 0)

-- name: every_added
group_concat(f.{added}, ' ')

-- name: list_seconds
-- What is measured of every fact, a text for each interval in the order given.
SELECT {walk}
  FROM json_each($2) span
 ORDER BY span.id

-- name: sum_slots
-- $2 are slots, $3 the scope, $4 the agent.
(SELECT {sums} FROM rollup r
  WHERE r.account_id = $1 AND r.scope = $3 AND r.agent = $4 AND r.level = {level}
    AND r.slot >= CAST(span.key AS INTEGER) AND r.slot < span.value)

-- name: week_column
sum(r.{column})

-- name: sum_week
-- Slots at $2 to before $3 by the hour of the week, which a slot and $4 tell; of the scope $5 and the agent $6.
SELECT (r.slot + $4) / {slots} % {hours}, {sums}
  FROM rollup r
 WHERE r.account_id = $1 AND r.scope = $5 AND r.agent = $6 AND r.level = {level} AND r.slot >= $2 AND r.slot < $3
 GROUP BY 1

-- name: sum_slots_of_each
-- The same of many scopes and agents, [scope, agent] in $2, each of all slots of [from, to before] in $3; place after place.
SELECT group_concat((
        SELECT {sums}
          FROM json_each($3) span
         CROSS JOIN rollup r
         WHERE r.account_id = $1 AND r.scope = place.value ->> 0 AND r.agent = place.value ->> 1 AND r.level = {level}
           AND r.slot >= span.value ->> 0 AND r.slot < span.value ->> 1), ' ' ORDER BY place.id)
  FROM json_each($2) place

-- name: sum_by_key
-- Facts at $2 to before $3, added up for each agent, or for each set of tags or groups that a ticket has: {joined}.
SELECT {key} AS key, f.kind AS kind, count(*) AS facts, coalesce(sum(f.seconds), 0) AS seconds,
       coalesce(sum(f.open_seconds), 0) AS open_seconds, coalesce(sum(f.worked_seconds), 0) AS worked_seconds
  FROM fact f{joined}
 WHERE f.account_id = $1 AND f.kind IN ({kinds}) AND f.at >= $2 AND f.at < $3{condition}
 GROUP BY 1, 2

-- name: joined_to_tags
-- No index leads from a ticket to its tags. SQLite makes one of tickets that are grouped, and of single tags it makes none and reads them
-- all for each fact (measured on 163,000 facts: 0.09 s against 39).
CROSS JOIN (SELECT s.ticket_key, json_group_array(s.tag) AS key
               FROM ticket_tag s WHERE s.account_id = $1 GROUP BY s.ticket_key) k ON k.ticket_key = f.ticket_key

-- name: joined_to_groups
CROSS JOIN (SELECT s.ticket_key, json_group_array(s.group_id) AS key
               FROM ticket_group s WHERE s.account_id = $1 GROUP BY s.ticket_key) k ON k.ticket_key = f.ticket_key

-- name: each_of_a_set
-- What was added up for sets, for each that is in them.
SELECT one.value, c.kind, sum(c.facts), sum(c.seconds), sum(c.open_seconds), sum(c.worked_seconds)
  FROM ({sums}) c
 CROSS JOIN json_each(c.key) one
 GROUP BY 1, 2

-- name: list_scopes
-- The scopes between two texts ($2, $3) that anything was counted in, $4 at most.
SELECT scope
  FROM (WITH RECURSIVE counted (scope) AS (
        SELECT min(r.scope) FROM rollup r WHERE r.account_id = $1 AND r.scope >= $2 AND r.scope < $3
         UNION ALL
        SELECT (SELECT min(r.scope) FROM rollup r WHERE r.account_id = $1 AND r.scope > c.scope AND r.scope < $3)
          FROM counted c
         WHERE c.scope IS NOT NULL
    )
    SELECT c.scope FROM counted c WHERE c.scope IS NOT NULL) f
 LIMIT $4

-- name: list_credited
-- The agents that anything was ever credited to, $2 at most.
SELECT agent
  FROM (WITH RECURSIVE credited (agent) AS (
        SELECT min(r.agent) FROM rollup r WHERE r.account_id = $1 AND r.scope = '' AND r.agent > ''
         UNION ALL
        SELECT (SELECT min(r.agent) FROM rollup r WHERE r.account_id = $1 AND r.scope = '' AND r.agent > c.agent)
          FROM credited c
         WHERE c.agent IS NOT NULL
    )
    SELECT c.agent FROM credited c WHERE c.agent IS NOT NULL) f
 LIMIT $2

-- name: count_slots
-- The ranking of roll-ups, by steps from an agent to the next. $2 are slots, $3 the scope.
WITH RECURSIVE credited (agent) AS (
    SELECT min(r.agent) FROM rollup r WHERE r.account_id = $1 AND r.scope = $3 AND r.agent > ''
     UNION ALL
    SELECT (SELECT min(r.agent) FROM rollup r WHERE r.account_id = $1 AND r.scope = $3 AND r.agent > c.agent)
      FROM credited c
     WHERE c.agent IS NOT NULL
)
SELECT substr(c.agent, 3), sum(r.good), sum(r.bad)
  FROM credited c
 CROSS JOIN json_each($2) span
 CROSS JOIN rollup r
 WHERE r.account_id = $1 AND r.scope = $3 AND r.agent = c.agent AND r.level = {level}
   AND r.slot >= CAST(span.key AS INTEGER) AND r.slot < span.value
 GROUP BY c.agent
HAVING sum(r.good + r.bad) > 0

-- name: count_ratings
-- The ranking, by steps from an agent to the next: grouping would sort every rating (measured on 31,000 ratings: 1.1 ms against 10.5).
WITH RECURSIVE credited (kind, agent) AS (
    SELECT k.value, (SELECT min(f.agent) FROM fact f WHERE f.account_id = $1 AND f.kind = k.value AND f.agent IS NOT NULL)
      FROM json_each('[{bad}, {good}]') k
     UNION ALL
    SELECT c.kind, (SELECT min(f.agent) FROM fact f WHERE f.account_id = $1 AND f.kind = c.kind AND f.agent > c.agent)
      FROM credited c
     WHERE c.agent IS NOT NULL
), rated (agent, kind, ratings) AS MATERIALIZED (
    SELECT c.agent, c.kind, (
            SELECT count(*)
              FROM json_each($2) span
             CROSS JOIN fact f
             WHERE f.account_id = $1 AND f.kind = c.kind AND f.agent = c.agent
               AND f.at >= CAST(span.key AS INTEGER) AND f.at < span.value{condition})
      FROM credited c
     WHERE c.agent IS NOT NULL
)
SELECT agent, sum(ratings * (kind = {good})), sum(ratings * (kind = {bad}))
  FROM rated
 GROUP BY agent
HAVING sum(ratings) > 0

-- name: of_agents
f.agent IN (SELECT value FROM json_each({values}))

-- name: among_tags
-- The tickets of tags, or of groups, or of both, gathered once for all facts.
f.ticket_key IN (SELECT s.ticket_key FROM ticket_tag s WHERE s.account_id = $1 AND s.tag IN (SELECT value FROM json_each({tags})))

-- name: among_groups
f.ticket_key IN (SELECT s.ticket_key FROM ticket_group s WHERE s.account_id = $1 AND s.group_id IN (SELECT value FROM json_each({groups})))

-- name: among_tags_and_groups
f.ticket_key IN (SELECT s.ticket_key FROM ticket_tag s
                  WHERE s.account_id = $1 AND s.tag IN (SELECT value FROM json_each({tags}))
                    AND EXISTS (SELECT 1 FROM ticket_group g
                                 WHERE g.account_id = $1 AND g.group_id IN (SELECT value FROM json_each({groups}))
                                   AND g.ticket_key = s.ticket_key))

-- name: of_groups
EXISTS (SELECT 1 FROM ticket_group g
         WHERE g.account_id = $1 AND g.group_id IN (SELECT value FROM json_each({values})) AND g.ticket_key = f.ticket_key)

-- name: of_tags
EXISTS (SELECT 1 FROM ticket_tag g
         WHERE g.account_id = $1 AND g.tag IN (SELECT value FROM json_each({values})) AND g.ticket_key = f.ticket_key)
