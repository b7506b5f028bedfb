-- Working hours, where PostgreSQL wants its own words: rows come in as columns, as in tickets.postgres.sql.

-- name: save_worked
UPDATE fact f
   SET worked_seconds = n.worked_seconds
  FROM unnest($2::integer[], $3::bigint[], $4::bigint[], $5::integer[], $6::bigint[]) AS n (kind, ticket_key, at, seq, worked_seconds)
 WHERE f.account_id = $1::bigint AND f.kind = n.kind AND f.at = n.at AND f.ticket_key = n.ticket_key AND f.seq = n.seq
