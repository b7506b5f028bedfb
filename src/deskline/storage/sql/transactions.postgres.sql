-- How transactions begin on PostgreSQL. A text with two statements takes no parameters, and one round trip: {…} are numbers of ours.

-- name: begin_write
-- The account's row is held to the end, so that writers of one account take turns, in whatever process they are. The column's name is
-- that of the schema: where a newer program has upgraded the database, there is none of this name, and no write of ours begins.
BEGIN ISOLATION LEVEL READ COMMITTED; SELECT schema_{schema:d} FROM account WHERE account_id = {account_id:d} FOR NO KEY UPDATE

-- name: begin_snapshot
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY

-- name: begin_analysis
-- The server's own clock is the second: ours stops a statement sooner, if we live.
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = {milliseconds:d}

-- name: find_cluster
-- A row where this database is spread over a cluster.
SELECT 1 FROM pg_extension WHERE extname = 'citus'

-- name: find_new
-- A row where the server knows next to nothing of the tickets.
SELECT 1 FROM pg_class WHERE oid = to_regclass('ticket') AND reltuples < 10000

-- name: gather_statistics
-- VACUUM as well: only then can what an index holds be read from it alone.
VACUUM (ANALYZE) ticket, ticket_event, ticket_group, ticket_tag, ticket_value, fact, rollup, search, tag, agent

-- name: find_age
-- How many seconds ago a stand-by's state was the primary's, at most; NULL where it cannot tell. What has been replayed to the end of what
-- was received is as old as the connection to the primary, so new as long as there is one; else the last transaction's instant counts,
-- which is too old a one where the primary had nothing to do.
SELECT CASE
           WHEN pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
           ELSE greatest(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0)
       END::double precision

-- name: find_system
-- What a server and its stand-bys have in common, and no two others.
SELECT system_identifier FROM pg_control_system()

-- name: count_connections
-- How many connections this role may have in this database: the least of the server's own number (less those it keeps for others: the
-- second is there from PostgreSQL 16 on), the database's and the role's. -1 stands for no limit.
SELECT least(
           current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
           - coalesce(current_setting('reserved_connections', true)::integer, 0),
           (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()),
           (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user)
       )
