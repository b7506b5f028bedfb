-- What agents set for themselves; tags that were deleted; canned responses.
ALTER TABLE agent ADD COLUMN settings   text COLLATE "C" NOT NULL DEFAULT '{}';
ALTER TABLE agent ADD COLUMN deleted_at bigint;

-- Personal access tokens.
CREATE TABLE personal_token (
    account_id bigint NOT NULL,
    token_hash bytea  NOT NULL,
    token_id   text COLLATE "C" NOT NULL,
    login_key  text COLLATE "C" NOT NULL,
    scopes     text COLLATE "C" NOT NULL,
    label      text COLLATE "C" NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    PRIMARY KEY (account_id, token_hash)
);
CREATE UNIQUE INDEX personal_token_by_id ON personal_token (account_id, token_id);
-- Changes of the requester, which are new: who a ticket was of as of an instant.
CREATE INDEX ticket_event_of_requesters ON ticket_event (account_id, at, ticket_key) WHERE silent = 2;


-- Answers that are kept for requests that may be sent again, and the job that removes them.
CREATE TABLE kept_answer (
    account_id      bigint NOT NULL,
    route           text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    fingerprint     bytea  NOT NULL,
    answered_at     bigint NOT NULL,
    answer          bytea  NOT NULL,
    PRIMARY KEY (account_id, route, idempotency_key)
);
CREATE INDEX kept_answer_by_age ON kept_answer (account_id, answered_at);
INSERT INTO job (account_id, job_id, kind, due_at, created_at) SELECT account_id, 'answers', 'answers', created_at, created_at FROM account;
ALTER TABLE tag ADD COLUMN deleted_at bigint;
CREATE TABLE canned_response (
    account_id  bigint NOT NULL,
    response_id bigint NOT NULL,
    group_id    bigint NOT NULL,
    text        text COLLATE "C" NOT NULL,
    tags        text COLLATE "C" NOT NULL,
    created_at  bigint NOT NULL,
    created_by  text COLLATE "C" NOT NULL,
    modified_at bigint,
    modified_by text COLLATE "C",
    PRIMARY KEY (account_id, response_id)
);
