-- What agents set for themselves; tags that were deleted; canned responses.
ALTER TABLE agent ADD COLUMN settings   TEXT    NOT NULL DEFAULT '{}';
ALTER TABLE agent ADD COLUMN deleted_at INTEGER;
ALTER TABLE agent ADD COLUMN deleted_by TEXT;

-- Personal access tokens, as SHA-256 of the secret. A token names its account, so it is looked for there. `scopes` are parted by blanks;
-- `expires_at` is NULL where a token works until it is revoked.
CREATE TABLE personal_token (
    account_id INTEGER NOT NULL,
    token_hash BLOB    NOT NULL,
    token_id   TEXT    NOT NULL,
    login_key  TEXT    NOT NULL,
    scopes     TEXT    NOT NULL,
    label      TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    PRIMARY KEY (account_id, token_hash)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX personal_token_by_id ON personal_token (account_id, token_id);
-- Changes of the requester, which are new: who a ticket was of as of an instant.
CREATE INDEX ticket_event_of_requesters ON ticket_event (account_id, at, ticket_key) WHERE silent = 2;


-- Answers that are kept for requests that may be sent again, and the job that removes them.
CREATE TABLE kept_answer (
    account_id      INTEGER NOT NULL,
    route           TEXT    NOT NULL,
    idempotency_key TEXT    NOT NULL,
    fingerprint     BLOB    NOT NULL,
    answered_at     INTEGER NOT NULL,
    answer          BLOB    NOT NULL,
    PRIMARY KEY (account_id, route, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_answer_by_age ON kept_answer (account_id, answered_at);
INSERT INTO job (account_id, job_id, kind, due_at, created_at) SELECT account_id, 'answers', 'answers', created_at, created_at FROM account;
ALTER TABLE tag ADD COLUMN deleted_at INTEGER;
CREATE TABLE canned_response (
    account_id  INTEGER NOT NULL,
    response_id INTEGER NOT NULL,
    group_id    INTEGER NOT NULL,
    text        TEXT    NOT NULL,
    tags        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    created_by  TEXT    NOT NULL,
    modified_at INTEGER,
    modified_by TEXT,
    PRIMARY KEY (account_id, response_id)
) STRICT, WITHOUT ROWID;

-- Apps that may ask agents for tokens (OAuth clients). `redirect_uris` is a JSON list, `scopes` what they may ask for at most, parted by blanks.
-- `secret_hash` is NULL for a public app, which can keep no secret.
CREATE TABLE oauth_client (
    account_id    INTEGER NOT NULL,
    client_id     TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    redirect_uris TEXT    NOT NULL,
    scopes        TEXT    NOT NULL,
    secret_hash   BLOB,
    requires_pkce INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    revoked_at    INTEGER,
    PRIMARY KEY (account_id, client_id)
) STRICT, WITHOUT ROWID;

-- Authorization codes, by their hash. A used one stays a day, so that a second use is noticed. All that follows from one consent has its
-- `grant_id`. `redirect_uri` is NULL where the request named none, `challenge` where it had none.
CREATE TABLE oauth_code (
    account_id   INTEGER NOT NULL,
    code_hash    BLOB    NOT NULL,
    grant_id     TEXT    NOT NULL,
    client_id    TEXT    NOT NULL,
    login_key    TEXT    NOT NULL,
    scopes       TEXT    NOT NULL,
    redirect_uri TEXT,
    challenge    TEXT,
    expires_at   INTEGER NOT NULL,
    used_at      INTEGER,
    PRIMARY KEY (account_id, code_hash)
) STRICT, WITHOUT ROWID;

-- Tokens of apps, by their hash. A refresh token that was used stays until its time is over, so that a second use is noticed.
CREATE TABLE oauth_token (
    account_id INTEGER NOT NULL,
    token_hash BLOB    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('access', 'refresh')),
    grant_id   TEXT    NOT NULL,
    client_id  TEXT    NOT NULL,
    login_key  TEXT    NOT NULL,
    scopes     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    revoked_at INTEGER,
    PRIMARY KEY (account_id, token_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_token_by_grant ON oauth_token (account_id, grant_id);
-- The tokens of an app and an agent, of which there are few, with what says which of them are the oldest.
CREATE INDEX oauth_token_by_agent ON oauth_token (account_id, client_id, login_key, kind, created_at);

-- Tickets that are set aside: in the trash, or merged. They have a row here instead of one in `ticket`, `ticket_group` and `ticket_tag`, and no facts, so
-- that no list and no report has to leave them out; their timelines are where all are. `modified_at` is when they came here.
CREATE TABLE ticket_aside (
    account_id  INTEGER NOT NULL,
    ticket_key  INTEGER NOT NULL,
    ticket_id   TEXT    NOT NULL,
    aside       TEXT    NOT NULL CHECK (aside IN ('trash', 'merged')),
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    shown       BLOB    NOT NULL,
    PRIMARY KEY (account_id, ticket_key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ticket_aside_by_id ON ticket_aside (account_id, ticket_id);
CREATE INDEX ticket_aside_by_change ON ticket_aside (account_id, modified_at, ticket_id);

-- Webhooks. `after_key` is the cursor over the timeline, which is what is still to be told: no event is stored twice. Secrets are kept as they
-- are, since messages are signed with them. A receiver that is down is left alone until `rests_until`.
CREATE TABLE webhook (
    account_id      INTEGER NOT NULL,
    webhook_id      TEXT    NOT NULL,
    event_type      TEXT    NOT NULL,
    url             TEXT    NOT NULL,
    payload         TEXT    NOT NULL,
    token           TEXT    NOT NULL,
    secret          TEXT    NOT NULL,
    former_secret   TEXT    NOT NULL DEFAULT '',
    former_until    INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    accepted_at     INTEGER,
    disabled_at     INTEGER,
    disabled_reason TEXT    NOT NULL DEFAULT '',
    after_key       INTEGER NOT NULL,
    failures        INTEGER NOT NULL DEFAULT 0,
    rests_until     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, webhook_id)
) STRICT, WITHOUT ROWID;

-- What webhooks were told, and what is to be told again (`next_at`). What a message says follows from the timeline; it is not stored.
CREATE TABLE webhook_delivery (
    account_id INTEGER NOT NULL,
    webhook_id TEXT    NOT NULL,
    event_key  INTEGER NOT NULL,
    event_type TEXT    NOT NULL,
    ticket_key INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    first_at   INTEGER NOT NULL,
    last_at    INTEGER,
    next_at    INTEGER,
    status     INTEGER,
    failure    TEXT    NOT NULL,
    PRIMARY KEY (account_id, webhook_id, event_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_delivery_by_next ON webhook_delivery (account_id, webhook_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_delivery_by_end  ON webhook_delivery (account_id, webhook_id, last_at) WHERE next_at IS NULL;

-- Files that were sent, whose bytes are kept elsewhere under the same id. `size` is NULL until all of one is there, and again when it is about to
-- be removed; `expires_at` is NULL once a message has named it.
CREATE TABLE attachment (
    account_id    INTEGER NOT NULL,
    attachment_id TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    content_type  TEXT    NOT NULL,
    size          INTEGER,
    sha256        TEXT,
    width         INTEGER,
    height        INTEGER,
    created_at    INTEGER NOT NULL,
    created_by    TEXT    NOT NULL,
    expires_at    INTEGER,
    PRIMARY KEY (account_id, attachment_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_by_end ON attachment (account_id, expires_at) WHERE expires_at IS NOT NULL;

-- The public form of an account that takes tickets from pages. `origins` is a JSON list.
CREATE TABLE ticket_form (
    account_id     INTEGER PRIMARY KEY,
    origins        TEXT    NOT NULL,
    without_origin INTEGER NOT NULL,
    per_minute     INTEGER NOT NULL
) STRICT;

-- After how many hours an account follows up tickets that stay pending. An account without a row does not.
CREATE TABLE follow_up (
    account_id   INTEGER PRIMARY KEY,
    remind_hours INTEGER NOT NULL,
    solve_hours  INTEGER NOT NULL
) STRICT;

-- What an account notes of its tickets; the values are in the timelines. `choices` is a JSON list. One that was deleted stays: its key keeps its type.
CREATE TABLE custom_field (
    account_id INTEGER NOT NULL,
    field_key  TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    type       TEXT    NOT NULL CHECK (type IN ('text', 'number', 'date', 'checkbox', 'choice')),
    choices    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    deleted_at INTEGER,
    PRIMARY KEY (account_id, field_key)
) STRICT, WITHOUT ROWID;

-- Values of custom fields as they are now, in the order of lists.
CREATE TABLE ticket_value (
    account_id      INTEGER NOT NULL,
    value           TEXT    NOT NULL,
    ticket_key      INTEGER NOT NULL,
    ticket_id       TEXT    NOT NULL,
    last_message_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, value, ticket_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_value_by_message ON ticket_value (account_id, value, last_message_at, ticket_id);

-- The highest id of a group that was deleted: tickets in the trash may have it still, and no other group is given it.
ALTER TABLE account ADD COLUMN last_group INTEGER NOT NULL DEFAULT 0;
