-- Which schema a database has. SQLite has a place for it in the head of the file.

-- name: find_version
PRAGMA user_version
