-- The facts behind a number, where SQLite wants its own words.

-- name: list_facts
-- Each walk is along an index in the order asked for, and SQLite merges them: it reads no more than what is skipped and the page.
{walks}
 ORDER BY {order}
 LIMIT {limit} OFFSET {offset}

-- name: facts_of_kind
-- One walk: facts of a kind in an interval. {limit} and {order} are PostgreSQL's business.
SELECT f.kind, f.ticket_key, f.at, f.seq, f.agent, f.seconds, f.open_seconds, f.worked_seconds, f.until
  FROM fact f
 WHERE f.account_id = $1 AND f.kind = {kind} AND f.at >= {start} AND f.at < {end}{condition}

-- name: list_timelines
-- All that happened to some tickets ($2), ticket by ticket and in order. CROSS JOIN keeps the list outside.
SELECT t.ticket_key, t.ticket_id, e.event
  FROM json_each($2) c
 CROSS JOIN ticket t ON t.account_id = $1 AND t.ticket_key = c.value
 CROSS JOIN ticket_event e ON e.account_id = $1 AND e.ticket_key = c.value
 ORDER BY e.ticket_key, e.seq
