-- How a database is copied, where SQLite wants its own words: a table whose key is a number has each account's rows in a range of them.

-- name: list_tables
-- Ours; the search index is not copied but made anew.
SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name

-- name: list_columns
-- With the place of each in the key, 0 for those that are not in it.
SELECT name, pk FROM pragma_table_info($1) ORDER BY cid

-- name: list_numbered
-- `+`: an index of the account alone would sort the rows each time.
SELECT {columns} FROM {table} WHERE +account_id = $1 AND {keys} > $3 AND {keys} < ($1 + 1) << 40 ORDER BY {keys} LIMIT $2

-- name: find_last_numbered
SELECT {keys} FROM {table} WHERE +account_id = $1 AND {keys} > $1 << 40 AND {keys} < ($1 + 1) << 40 ORDER BY {keys} DESC LIMIT 1

-- name: add_row
INSERT INTO {table} ({columns}) VALUES ({values})

-- name: add_words
INSERT INTO search (rowid, words, notes) VALUES ($1, $2, $3)
