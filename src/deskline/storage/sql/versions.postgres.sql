-- Which schema a database has, where the engine has no place of its own for that. No account is concerned.

-- name: add_version
INSERT INTO deskline (version) VALUES ($1)

-- name: find_server_version
-- Of the server itself: 14, 18.
SELECT current_setting('server_version_num')::integer / 10000

-- name: find_version
SELECT version FROM deskline

-- name: hold_version
-- One upgrades at a time, to the end of the transaction; who comes second hears of it at once.
SELECT version FROM deskline FOR UPDATE NOWAIT

-- name: save_version
UPDATE deskline SET version = $1

-- name: rename_mark
-- {before} and {after} are numbers of schemas. Waits for the writes under way, and none begins until the end of the transaction. A cluster
-- is to do all of it over one connection to each machine, so that what follows sees it; a server that is none takes the word for nothing.
SET LOCAL citus.multi_shard_modify_mode = 'sequential'; ALTER TABLE account RENAME COLUMN schema_{before:d} TO schema_{after:d}
