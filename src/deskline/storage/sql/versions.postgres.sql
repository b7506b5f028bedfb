-- Which schema a database has, where the engine has no place of its own for that. No account is concerned.

-- name: add_version
INSERT INTO deskline (version) VALUES ($1)

-- name: find_version
SELECT version FROM deskline
