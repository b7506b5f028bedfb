-- Which schema a database has, where the engine has no place of its own for that. No account is concerned.

-- name: add_version
INSERT INTO deskline (version) VALUES ($1)

-- name: find_server_version
-- Of the server itself: 14, 18.
SELECT current_setting('server_version_num')::integer / 10000

-- name: find_version
SELECT version FROM deskline
