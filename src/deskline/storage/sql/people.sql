-- Accounts, agents, groups, tags and keys. $1 is the account, but in the statements that are marked as crossing accounts.

-- name: add_account
-- Crosses accounts.
INSERT INTO account (account_id, name, zone, created_at) VALUES ($1, $2, $3, $4)

-- name: list_accounts
-- Crosses accounts.
SELECT account_id, name, zone, created_at FROM account ORDER BY account_id

-- name: find_key
-- Crosses accounts: a key says which account it opens. Whom it signs in there is a second look, so that each is answered in one place.
SELECT account_id, key_id, login_key FROM api_key WHERE key_hash = $1 AND revoked_at IS NULL

-- name: find_signer
SELECT a.login, a.name, a.permission, c.zone
  FROM agent a
  JOIN account c ON c.account_id = a.account_id
 WHERE a.account_id = $1 AND a.login_key = $2 AND a.signs_in = 1

-- name: find_account
SELECT account_id, name, zone, created_at FROM account WHERE account_id = $1

-- name: is_account_name_taken
-- Looks at the other accounts: a name is whom people mean, so a server has it once.
SELECT 1 FROM account WHERE account_id <> $1 AND lower(name) = lower($2)

-- name: is_key_known
-- Looks at all accounts, and at revoked keys: a key opens one account, and a revoked one never opens anything again.
SELECT 1 FROM api_key WHERE key_hash = $2

-- name: is_key_id_taken
-- Looks at all accounts.
SELECT 1 FROM api_key WHERE key_id = $2

-- name: add_key
INSERT INTO api_key (account_id, key_hash, key_id, login_key, label, created_at) VALUES ($1, $2, $3, $4, $5, $6)

-- name: list_keys
SELECT k.key_id, a.login, k.label, k.created_at, k.revoked_at
  FROM api_key k
  JOIN agent a ON a.account_id = k.account_id AND a.login_key = k.login_key
 WHERE k.account_id = $1
 ORDER BY k.created_at, k.key_id

-- name: revoke_key
UPDATE api_key SET revoked_at = $3 WHERE account_id = $1 AND key_id = $2 AND revoked_at IS NULL

-- name: add_agent
INSERT INTO agent (account_id, login_key, login, name, permission, status, signs_in, job_title, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (account_id, login_key) DO NOTHING

-- name: let_sign_in
-- An agent that an import brought becomes one that works here. So does one who was deleted and comes back.
UPDATE agent SET signs_in = 1, name = $3, permission = $4, job_title = $5, deleted_at = NULL, deleted_by = NULL
 WHERE account_id = $1 AND login_key = $2 AND signs_in = 0

-- name: list_agents
SELECT login, name, permission, status, signs_in, job_title, created_at, settings
  FROM agent
 WHERE account_id = $1 AND deleted_at IS NULL
 ORDER BY login_key

-- name: find_agent
SELECT login, name, permission, status, signs_in, job_title, created_at, settings
  FROM agent
 WHERE account_id = $1 AND login_key = $2 AND deleted_at IS NULL

-- name: save_agent
UPDATE agent SET name = $3, permission = $4, status = $5, job_title = $6, settings = $7 WHERE account_id = $1 AND login_key = $2

-- name: delete_agent
-- The row stays: history names the agent.
UPDATE agent SET deleted_at = $3, deleted_by = $5, signs_in = 0, status = 'offline', settings = $4 WHERE account_id = $1 AND login_key = $2

-- name: delete_memberships
DELETE FROM group_member WHERE account_id = $1 AND login_key = $2

-- name: revoke_keys
UPDATE api_key SET revoked_at = $3 WHERE account_id = $1 AND login_key = $2 AND revoked_at IS NULL

-- name: list_deleted
SELECT login, deleted_by FROM agent WHERE account_id = $1 AND deleted_at IS NOT NULL ORDER BY login_key

-- name: list_assigned
-- Tickets that an agent has and that are not solved.
SELECT ticket_id FROM ticket
 WHERE account_id = $1 AND assignee = $2 AND status IN ('open', 'pending', 'spam')
 ORDER BY last_message_at
 LIMIT $3

-- name: list_memberships
SELECT m.group_id, a.login
  FROM group_member m
  JOIN agent a ON a.account_id = m.account_id AND a.login_key = m.login_key
 WHERE m.account_id = $1
 ORDER BY m.group_id, m.login_key

-- name: add_member
INSERT INTO group_member (account_id, group_id, login_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: list_groups
SELECT group_id, name, language FROM account_group WHERE account_id = $1 ORDER BY group_id

-- name: find_group
SELECT group_id, name, language FROM account_group WHERE account_id = $1 AND group_id = $2

-- name: add_group
INSERT INTO account_group (account_id, group_id, name, language) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- name: find_last_group
-- The highest id that a group has, or had until it was deleted, or that a ticket has of a group that never was.
SELECT max(coalesce((SELECT a.last_group FROM account a WHERE a.account_id = $1), 0),
           coalesce((SELECT max(g.group_id) FROM account_group g WHERE g.account_id = $1), 0),
           coalesce((SELECT max(t.group_id) FROM ticket_group t WHERE t.account_id = $1), 0))

-- name: save_last_group
UPDATE account SET last_group = $2 WHERE account_id = $1 AND last_group < $2

-- name: save_group
UPDATE account_group SET name = $3, language = $4 WHERE account_id = $1 AND group_id = $2

-- name: delete_group
DELETE FROM account_group WHERE account_id = $1 AND group_id = $2

-- name: delete_members
DELETE FROM group_member WHERE account_id = $1 AND group_id = $2

-- name: release_tags
-- What a group that is gone had is everybody's.
UPDATE tag SET group_id = 0 WHERE account_id = $1 AND group_id = $2

-- name: list_tags
-- Every tag with the number of tickets that carry it now.
SELECT t.name, t.author, t.created_at, t.group_id,
       (SELECT count(*) FROM ticket_tag u WHERE u.account_id = $1 AND u.tag = t.name)
  FROM tag t
 WHERE t.account_id = $1 AND t.deleted_at IS NULL
 ORDER BY t.name

-- name: find_tag
SELECT t.name, t.author, t.created_at, t.group_id,
       (SELECT count(*) FROM ticket_tag u WHERE u.account_id = $1 AND u.tag = t.name)
  FROM tag t
 WHERE t.account_id = $1 AND t.name = $2 AND t.deleted_at IS NULL

-- name: delete_tag
-- The row stays: tickets may carry the tag.
UPDATE tag SET deleted_at = $3 WHERE account_id = $1 AND name = $2 AND deleted_at IS NULL

-- name: save_tag
-- A new tag, or one that was deleted.
INSERT INTO tag (account_id, name, author, created_at, group_id) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (account_id, name)
    DO UPDATE SET author = excluded.author, created_at = excluded.created_at, group_id = excluded.group_id, deleted_at = NULL

-- name: add_tag
-- One that was deleted is known again.
INSERT INTO tag (account_id, name, author, created_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (account_id, name) DO UPDATE SET author = excluded.author, created_at = excluded.created_at, deleted_at = NULL
                                       WHERE tag.deleted_at IS NOT NULL
