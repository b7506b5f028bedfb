-- How a database is copied row by row. {table}, {columns} and {keys} are names of our own schema; keys are those behind the account.

-- name: count_rows
SELECT count(*) FROM {table} WHERE account_id = $1

-- name: list_first
-- The first $2 rows of an account.
SELECT {columns} FROM {table} WHERE account_id = $1 ORDER BY {keys} LIMIT $2

-- name: list_next
-- Those that come after the key {after}, which is $3 and so on.
SELECT {columns} FROM {table} WHERE account_id = $1 AND ({keys}) > ({after}) ORDER BY {keys} LIMIT $2

-- name: find_last
SELECT {keys} FROM {table} WHERE account_id = $1 ORDER BY {backwards} LIMIT 1

-- name: make_mark
-- The mark of a database that a copy is going into: where it comes from. What has been copied is seen by the rows that are there.
CREATE TABLE copying (source text NOT NULL)

-- name: add_mark
INSERT INTO copying (source) VALUES ($1)

-- name: find_mark
SELECT source FROM copying

-- name: drop_mark
DROP TABLE copying
