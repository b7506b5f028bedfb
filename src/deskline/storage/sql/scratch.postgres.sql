-- A schema of its own in an empty PostgreSQL database, for tables that are thrown away. No account is concerned.

-- name: find_occupant
-- Anything that somebody keeps here: tables, views, sequences outside the system's schemas, but for what belongs to an extension.
SELECT n.nspname || '.' || c.relname
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
 ORDER BY n.nspname = 'deskline_bench' DESC, 1
 LIMIT 1

-- name: find_cluster
SELECT 1 FROM pg_extension WHERE extname = 'citus'

-- name: make_schema
CREATE SCHEMA deskline_bench

-- name: end_sessions
-- Those of a server that was killed: the database learns of it only when it answers, and until then they hold locks.
SELECT count(pg_terminate_backend(pid))
  FROM pg_stat_activity
 WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()

-- name: drop_schema
DROP SCHEMA deskline_bench CASCADE

-- name: size_of_schema
-- Of all tables with their indexes and what does not fit into a row.
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'deskline_bench' AND c.relkind = 'r'

-- name: find_server
-- Its version, its process that we speak to, and whether that is on this machine: by a socket, or by the loopback.
SELECT current_setting('server_version'), pg_backend_pid(), coalesce(inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1', TRUE)
