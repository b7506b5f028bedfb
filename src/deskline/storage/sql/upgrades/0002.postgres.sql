-- Jobs: what servers do by themselves. Every account has one that checks it, due at once.
CREATE TABLE job (
    account_id bigint NOT NULL,
    job_id     text COLLATE "C" NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    due_at     bigint,
    fence      bigint NOT NULL DEFAULT 0,
    worker     text COLLATE "C",
    attempts   bigint NOT NULL DEFAULT 0,
    place      text COLLATE "C" NOT NULL DEFAULT '',
    result     text COLLATE "C" NOT NULL DEFAULT '',
    error      text COLLATE "C" NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    started_at bigint,
    ended_at   bigint,
    PRIMARY KEY (account_id, job_id)
);
CREATE INDEX job_by_due ON job (due_at) WHERE due_at IS NOT NULL;
INSERT INTO job (account_id, job_id, kind, due_at, created_at) SELECT account_id, 'check', 'check', created_at, created_at FROM account;
