-- The full-text index on SQLite. Its rows are written once for a whole batch, just before
-- the commit: inside a savepoint each row makes FTS5 write out its memory (measured: 85 µs against 6 µs a row).

-- name: add_words
-- The words of new tickets, [[key, [words, notes]], …]: one statement for all, as the thread that runs it needs the interpreter between two.
INSERT INTO search (rowid, words, notes) SELECT value ->> 0, value ->> '$[1][0]', value ->> '$[1][1]' FROM json_each($1)

-- name: save_words
INSERT OR REPLACE INTO search (rowid, words, notes) SELECT value ->> 0, value ->> '$[1][0]', value ->> '$[1][1]' FROM json_each($1)

-- name: seek_words
-- Which of the tickets with the keys $3 have the words, which are sought for each in the lists of them.
SELECT wanted.value
  FROM json_each($3) wanted
 CROSS JOIN search ON search.rowid = wanted.value
 WHERE search MATCH $2 AND wanted.value > $1 << 40 AND wanted.value < ($1 + 1) << 40

-- name: find_words
-- Which of the tickets with the keys $3, that lie between $4 and $5, have the words.
SELECT json_group_array(rowid)
  FROM search
 WHERE search MATCH $2 AND rowid >= $4 AND rowid <= $5 AND rowid > $1 << 40 AND rowid < ($1 + 1) << 40
   AND +rowid IN (SELECT value FROM json_each($3))

-- name: list_shown
-- Tickets as the API shows them, in the order of their keys in $2.
SELECT t.shown FROM json_each($2) wanted CROSS JOIN ticket t
 WHERE t.ticket_key = wanted.value AND +t.account_id = $1
 ORDER BY wanted.key
