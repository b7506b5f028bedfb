-- A stand-in for what Deskline asks of a Citus coordinator when it spreads tables, for tests where there is none: it writes down what it
-- was told and refuses tables that Citus refuses. Nothing is spread. The real thing is tried by `make test-citus`.

INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
VALUES (99999, 'citus', 10, 2200, false, '12.1-1');

CREATE TABLE pg_dist_partition (logicalrelid regclass PRIMARY KEY, partmethod "char" NOT NULL, colocationid integer NOT NULL);
CREATE TABLE pg_dist_node (groupid integer NOT NULL, isactive boolean NOT NULL, shouldhaveshards boolean NOT NULL);
INSERT INTO pg_dist_node VALUES (0, true, false), (1, true, true), (2, true, true);
CREATE SEQUENCE colocation;

CREATE FUNCTION create_distributed_table(table_name regclass, distribution_column text, colocate_with text DEFAULT 'default')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_index i
                WHERE i.indrelid = table_name AND i.indisunique
                  AND (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = table_name AND a.attname = distribution_column)
                      <> ALL (i.indkey::smallint[])) THEN
        RAISE 'cannot create constraint on "%"', table_name;
    END IF;
    IF EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conrelid = table_name AND c.contype = 'f') THEN
        RAISE 'cannot create foreign key constraint';
    END IF;
    INSERT INTO pg_dist_partition VALUES (table_name, 'h', CASE colocate_with
        WHEN 'none' THEN nextval('colocation')
        ELSE (SELECT p.colocationid FROM pg_dist_partition p WHERE p.logicalrelid = colocate_with::regclass) END);
END $$;

CREATE FUNCTION create_reference_table(table_name regclass) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pg_dist_partition VALUES (table_name, 'n', 1000)
$$;
