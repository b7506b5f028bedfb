-- The full-text index on SQLite. Its rows are written once for a whole batch, just before
-- the commit: inside a savepoint each row makes FTS5 write out its memory (measured: 85 µs against 6 µs a row).

-- name: add_words
-- The words of new tickets, [[key, [words, notes]], …]: one statement for all, as the thread that runs it needs the interpreter between two.
INSERT INTO search (rowid, words, notes) SELECT value ->> 0, value ->> '$[1][0]', value ->> '$[1][1]' FROM json_each($1)

-- name: save_words
INSERT OR REPLACE INTO search (rowid, words, notes) SELECT value ->> 0, value ->> '$[1][0]', value ->> '$[1][1]' FROM json_each($1)
