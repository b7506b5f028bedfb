-- Jobs: what servers do by themselves. Every account has one that checks it, due at once.
CREATE TABLE job (
    account_id INTEGER NOT NULL,
    job_id     TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    due_at     INTEGER,
    fence      INTEGER NOT NULL DEFAULT 0,
    worker     TEXT,
    attempts   INTEGER NOT NULL DEFAULT 0,
    place      TEXT    NOT NULL DEFAULT '',
    result     TEXT    NOT NULL DEFAULT '',
    error      TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at   INTEGER,
    PRIMARY KEY (account_id, job_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_by_due ON job (due_at) WHERE due_at IS NOT NULL;
INSERT INTO job (account_id, job_id, kind, due_at, created_at) SELECT account_id, 'check', 'check', created_at, created_at FROM account;
