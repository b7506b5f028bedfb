-- How a database is copied, where PostgreSQL wants its own words.

-- name: hold_mark
-- One copy at a time, to the end of the transaction, which waits for long; a lock on the table holds no row back from being vacuumed.
SET LOCAL idle_in_transaction_session_timeout = 0; LOCK TABLE copying IN EXCLUSIVE MODE NOWAIT
