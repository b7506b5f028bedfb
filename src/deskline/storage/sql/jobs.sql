-- Jobs. $1 is the account, but where a statement is marked as crossing accounts. Who changes a job that is worked on must hold its fence.

-- name: add_job
INSERT INTO job (account_id, job_id, kind, due_at, created_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (account_id, job_id) DO NOTHING

-- name: list_due
-- Crosses accounts: what has to be looked at by now, the longest due first. Reads only; each is then claimed in its own account.
SELECT account_id, job_id, kind, fence FROM job WHERE due_at <= $1 ORDER BY due_at LIMIT $2

-- name: list_jobs
SELECT job_id, kind, due_at, fence, worker, attempts, place, result, error, started_at, ended_at
  FROM job
 WHERE account_id = $1
 ORDER BY job_id

-- name: find_job
SELECT job_id, kind, due_at, fence, worker, attempts, place, result, error, started_at, ended_at
  FROM job
 WHERE account_id = $1 AND job_id = $2

-- name: claim_job
-- The fence is the one that was seen: of several who saw it, one claims. A renewed lease leaves the fence, so the instant is looked at too.
-- Whose worker was lost has failed once more.
UPDATE job
   SET fence = fence + 1, worker = $5, due_at = $6, attempts = CASE WHEN worker IS NULL THEN attempts ELSE attempts + 1 END,
       started_at = CASE WHEN place = '' THEN $4 ELSE started_at END
 WHERE account_id = $1 AND job_id = $2 AND fence = $3 AND due_at <= $4

-- name: claim_woken_job
-- As claim_job, of a job that is claimed because there is something to do: nothing needs to be due.
UPDATE job
   SET fence = fence + 1, worker = $5, due_at = $6, attempts = CASE WHEN worker IS NULL THEN attempts ELSE attempts + 1 END,
       started_at = CASE WHEN place = '' THEN $4 ELSE started_at END
 WHERE account_id = $1 AND job_id = $2 AND fence = $3 AND (worker IS NULL OR due_at <= $4)

-- name: hold_job
UPDATE job SET due_at = $4 WHERE account_id = $1 AND job_id = $2 AND fence = $3

-- name: advance_job
UPDATE job SET due_at = $4, place = $5, attempts = 0, error = '' WHERE account_id = $1 AND job_id = $2 AND fence = $3

-- name: release_job
-- Whoever looks next may have it; what was done stays done. The fence grows, so that who held it cannot come back.
UPDATE job SET fence = fence + 1, worker = NULL, due_at = $4 WHERE account_id = $1 AND job_id = $2 AND fence = $3

-- name: end_job
UPDATE job SET fence = fence + 1, worker = NULL, due_at = $4, place = '', attempts = 0, result = $5, error = '', ended_at = $6
 WHERE account_id = $1 AND job_id = $2 AND fence = $3

-- name: fail_job
UPDATE job SET fence = fence + 1, worker = NULL, due_at = $4, attempts = $5, error = $6
 WHERE account_id = $1 AND job_id = $2 AND fence = $3

-- name: request_job
-- Nobody works on it: it is due now.
UPDATE job SET due_at = $3, attempts = 0, error = '' WHERE account_id = $1 AND job_id = $2 AND worker IS NULL

-- name: postpone_job
UPDATE job SET due_at = $3, attempts = 0, error = '' WHERE account_id = $1 AND job_id = $2 AND worker IS NULL

-- name: delete_job
DELETE FROM job WHERE account_id = $1 AND job_id = $2 AND worker IS NULL AND due_at IS NULL
