-- Working hours, where SQLite wants its own words.

-- name: list_keys
-- By the key alone, which has the account in it: any index of the account would have to be sorted.
SELECT ticket_key FROM ticket WHERE +account_id = $1 AND ticket_key > $2 AND ticket_key < ($1 + 1) << 40 ORDER BY ticket_key LIMIT $3
