-- The full-text index on SQLite. Its rows are written once for a whole batch, just before the commit: inside a savepoint each row
-- makes FTS5 write out its memory (measured: 85 µs against 6 µs a row).

-- name: add_text
INSERT INTO search (rowid, text) VALUES ($1, $2)

-- name: save_text
INSERT OR REPLACE INTO search (rowid, text) VALUES ($1, $2)
