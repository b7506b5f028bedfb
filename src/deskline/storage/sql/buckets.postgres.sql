-- Sums of facts by interval. $1 is the account, $2 are all borders in order; the filters' lines come in at {condition}, their values from $5 on.

-- name: sum_in_buckets
-- A fact's bucket is how many borders are at or before it.
SELECT width_bucket(f.{instant}, $2::bigint[]), {sums}
  FROM fact f
 WHERE f.account_id = $1 AND f.kind IN ({kinds}) AND f.{instant} >= $3 AND f.{instant} < $4{condition}
 GROUP BY 1

-- name: count
count(*)

-- name: added
coalesce(sum(f.{added}), 0)::bigint
