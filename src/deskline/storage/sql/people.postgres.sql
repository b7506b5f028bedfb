-- Accounts, agents, groups and tags, where PostgreSQL wants its own words: rows come in as columns, one array for each parameter after $1.

-- name: add_member
INSERT INTO group_member (account_id, group_id, login_key)
SELECT $1::bigint, * FROM unnest($2::bigint[], $3::text[])
    ON CONFLICT DO NOTHING

-- name: add_tag
INSERT INTO tag (account_id, name, author, created_at)
SELECT $1::bigint, * FROM unnest($2::text[], $3::text[], $4::bigint[])
    ON CONFLICT (account_id, name) DO UPDATE SET author = excluded.author, created_at = excluded.created_at, deleted_at = NULL
                                       WHERE tag.deleted_at IS NOT NULL

-- name: find_last_group
SELECT greatest((SELECT a.last_group FROM account a WHERE a.account_id = $1),
                (SELECT max(g.group_id) FROM account_group g WHERE g.account_id = $1),
                (SELECT max(t.group_id) FROM ticket_group t WHERE t.account_id = $1), 0)

-- name: is_key_known
-- Looks at all accounts, and at revoked keys. $1 is the account, which does not matter here; its type must be said.
SELECT 1 FROM api_key WHERE key_hash = $2 AND $1::bigint IS NOT NULL

-- name: is_key_id_taken
SELECT 1 FROM api_key WHERE key_id = $2 AND $1::bigint IS NOT NULL

-- name: is_account_name_taken
-- Looks at the other accounts. Only ASCII letters are alike in both cases, as on SQLite.
SELECT 1 FROM account WHERE account_id <> $1 AND lower(name) = lower($2 COLLATE "C")
