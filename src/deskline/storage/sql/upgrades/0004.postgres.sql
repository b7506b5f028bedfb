-- What agents set for themselves; tags that were deleted; canned responses.
ALTER TABLE agent ADD COLUMN settings   text COLLATE "C" NOT NULL DEFAULT '{}';
ALTER TABLE agent ADD COLUMN deleted_at bigint;
ALTER TABLE agent ADD COLUMN deleted_by text COLLATE "C";

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

-- Apps that may ask agents for tokens (OAuth clients). `redirect_uris` is a JSON list, `scopes` what they may ask for at most, parted by blanks.
-- `secret_hash` is NULL for a public app, which can keep no secret.
CREATE TABLE oauth_client (
    account_id    bigint NOT NULL,
    client_id     text COLLATE "C" NOT NULL,
    name          text COLLATE "C" NOT NULL,
    redirect_uris text COLLATE "C" NOT NULL,
    scopes        text COLLATE "C" NOT NULL,
    secret_hash   bytea,
    requires_pkce integer NOT NULL,
    created_at    bigint NOT NULL,
    revoked_at    bigint,
    PRIMARY KEY (account_id, client_id)
);

-- Authorization codes, by their hash. A used one stays a day, so that a second use is noticed. All that follows from one consent has its
-- `grant_id`. `redirect_uri` is NULL where the request named none, `challenge` where it had none.
CREATE TABLE oauth_code (
    account_id   bigint NOT NULL,
    code_hash    bytea  NOT NULL,
    grant_id     text COLLATE "C" NOT NULL,
    client_id    text COLLATE "C" NOT NULL,
    login_key    text COLLATE "C" NOT NULL,
    scopes       text COLLATE "C" NOT NULL,
    redirect_uri text COLLATE "C",
    challenge    text COLLATE "C",
    expires_at   bigint NOT NULL,
    used_at      bigint,
    PRIMARY KEY (account_id, code_hash)
);

-- Tokens of apps, by their hash. A refresh token that was used stays until its time is over, so that a second use is noticed.
CREATE TABLE oauth_token (
    account_id bigint NOT NULL,
    token_hash bytea  NOT NULL,
    kind       text COLLATE "C" NOT NULL CHECK (kind IN ('access', 'refresh')),
    grant_id   text COLLATE "C" NOT NULL,
    client_id  text COLLATE "C" NOT NULL,
    login_key  text COLLATE "C" NOT NULL,
    scopes     text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at    bigint,
    revoked_at bigint,
    PRIMARY KEY (account_id, token_hash)
);
CREATE INDEX oauth_token_by_grant ON oauth_token (account_id, grant_id);
-- The tokens of an app and an agent, of which there are few, with what says which of them are the oldest.
CREATE INDEX oauth_token_by_agent ON oauth_token (account_id, client_id, login_key, kind, created_at);

-- Tickets that are set aside: in the trash, or merged. They have a row here instead of one in `ticket`, `ticket_group` and `ticket_tag`, and no facts, so
-- that no list and no report has to leave them out; their timelines are where all are. `modified_at` is when they came here.
CREATE TABLE ticket_aside (
    account_id  bigint NOT NULL,
    ticket_key  bigint NOT NULL,
    ticket_id   text COLLATE "C" NOT NULL,
    aside       text COLLATE "C" NOT NULL CHECK (aside IN ('trash', 'merged')),
    created_at  bigint NOT NULL,
    modified_at bigint NOT NULL,
    shown       bytea NOT NULL,
    PRIMARY KEY (account_id, ticket_key)
);
CREATE UNIQUE INDEX ticket_aside_by_id ON ticket_aside (account_id, ticket_id);
CREATE INDEX ticket_aside_by_change ON ticket_aside (account_id, modified_at, ticket_id);

-- Webhooks. `after_key` is the cursor over the timeline, which is what is still to be told: no event is stored twice. Secrets are kept as they
-- are, since messages are signed with them. A receiver that is down is left alone until `rests_until`.
CREATE TABLE webhook (
    account_id      bigint NOT NULL,
    webhook_id      text COLLATE "C" NOT NULL,
    event_type      text COLLATE "C" NOT NULL,
    url             text COLLATE "C" NOT NULL,
    payload         text COLLATE "C" NOT NULL,
    token           text COLLATE "C" NOT NULL,
    secret          text COLLATE "C" NOT NULL,
    former_secret   text COLLATE "C" NOT NULL DEFAULT '',
    former_until    bigint NOT NULL DEFAULT 0,
    created_at      bigint NOT NULL,
    accepted_at     bigint,
    disabled_at     bigint,
    disabled_reason text COLLATE "C" NOT NULL DEFAULT '',
    after_key       bigint NOT NULL,
    failures        bigint NOT NULL DEFAULT 0,
    rests_until     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, webhook_id)
);

-- What webhooks were told, and what is to be told again (`next_at`). What a message says follows from the timeline; it is not stored.
CREATE TABLE webhook_delivery (
    account_id      bigint NOT NULL,
    webhook_id      text COLLATE "C" NOT NULL,
    event_key       bigint NOT NULL,
    event_type      text COLLATE "C" NOT NULL,
    ticket_key      bigint NOT NULL,
    seq             bigint NOT NULL,
    state           text COLLATE "C" NOT NULL,
    attempts        bigint NOT NULL,
    first_at        bigint NOT NULL,
    last_at         bigint,
    next_at         bigint,
    status          bigint,
    failure         text COLLATE "C" NOT NULL,
    PRIMARY KEY (account_id, webhook_id, event_key)
);
CREATE INDEX webhook_delivery_by_next ON webhook_delivery (account_id, webhook_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_delivery_by_end  ON webhook_delivery (account_id, webhook_id, last_at) WHERE next_at IS NULL;

-- Files that were sent, whose bytes are kept elsewhere under the same id. `size` is NULL until all of one is there, and again when it is about to
-- be removed; `expires_at` is NULL once a message has named it.
CREATE TABLE attachment (
    account_id    bigint NOT NULL,
    attachment_id text COLLATE "C" NOT NULL,
    name          text COLLATE "C" NOT NULL,
    content_type  text COLLATE "C" NOT NULL,
    size          bigint,
    sha256        text COLLATE "C",
    width         bigint,
    height        bigint,
    created_at    bigint NOT NULL,
    created_by    text COLLATE "C" NOT NULL,
    expires_at    bigint,
    PRIMARY KEY (account_id, attachment_id)
);
CREATE INDEX attachment_by_end ON attachment (account_id, expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE ticket_form (
    account_id     bigint PRIMARY KEY,
    origins        text COLLATE "C" NOT NULL,
    without_origin bigint NOT NULL,
    per_minute     bigint NOT NULL
);

CREATE TABLE follow_up (
    account_id   bigint PRIMARY KEY,
    remind_hours bigint NOT NULL,
    solve_hours  bigint NOT NULL
);

-- What an account notes of its tickets; the values are in the timelines. `choices` is a JSON list. One that was deleted stays: its key keeps its type.
CREATE TABLE custom_field (
    account_id bigint NOT NULL,
    field_key  text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    type       text COLLATE "C" NOT NULL CHECK (type IN ('text', 'number', 'date', 'checkbox', 'choice')),
    choices    text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    created_by text COLLATE "C" NOT NULL,
    deleted_at bigint,
    PRIMARY KEY (account_id, field_key)
);

-- Values of custom fields as they are now, in the order of lists.
CREATE TABLE ticket_value (
    account_id      bigint NOT NULL,
    value           text COLLATE "C" NOT NULL,
    ticket_key      bigint NOT NULL,
    ticket_id       text COLLATE "C" NOT NULL,
    last_message_at bigint NOT NULL,
    PRIMARY KEY (account_id, value, ticket_key)
);
CREATE INDEX ticket_value_by_message ON ticket_value (account_id, value, last_message_at, ticket_id);

-- The highest id of a group that was deleted: tickets in the trash may have it still, and no other group is given it.
ALTER TABLE account ADD COLUMN last_group bigint NOT NULL DEFAULT 0;
