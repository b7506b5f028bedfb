-- How tables are spread over a Citus cluster. {table} is a name of our own schema: the same text is shown to whoever prefers to run it
-- by hand. No account is concerned.

-- name: make_extension
CREATE EXTENSION IF NOT EXISTS citus

-- name: find_version
SELECT extversion FROM pg_extension WHERE extname = 'citus'

-- name: count_machines
-- Those that hold rows; the one that is asked is among them only where nobody else is, or where it was told to.
SELECT count(DISTINCT groupid) FROM pg_dist_node WHERE isactive AND shouldhaveshards

-- name: list_spread
-- The tables that are spread already: "n" stands for whole on each machine; tables of one number keep an account on one machine.
SELECT c.relname::text, p.partmethod::text, p.colocationid
  FROM pg_dist_partition p
  JOIN pg_class c ON c.oid = p.logicalrelid
 WHERE pg_table_is_visible(c.oid)

-- name: keep_one_copy
-- More than one copy of a row cannot be locked (SELECT … FOR NO KEY UPDATE); copies are the matter of stand-bys.
SET citus.shard_replication_factor = 1

-- name: spread_first
SELECT create_distributed_table('{table}', 'account_id', colocate_with => 'none')

-- name: spread_beside
SELECT create_distributed_table('{table}', 'account_id', colocate_with => '{first}')

-- name: keep_whole
SELECT create_reference_table('{table}')
