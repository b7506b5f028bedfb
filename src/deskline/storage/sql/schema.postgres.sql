-- The whole database on PostgreSQL. The tables, columns and reasons are those of schema.sqlite.sql; here is what differs.
--
-- The primary key of every table begins with account_id, and so does every unique constraint, so that a cluster can distribute all of
-- them by it. `api_key` alone is read before the account is known: a cluster keeps it whole on each machine.
-- Truth values stay whole numbers, as on SQLite, so that the statements are the same.
-- Texts are compared byte by byte (COLLATE "C"), as on SQLite: the order of lists must not depend on the machine.

-- Which schema this is: one row.
CREATE TABLE deskline (
    version integer NOT NULL PRIMARY KEY
);

-- A transaction that writes holds the row of its account until it ends: writers of one account take turns, as they do on SQLite, and the
-- keys of events are in the order of commits. `schema_N` holds nothing: its name is the schema's number, every write begins with it, and
-- an upgrade renames it, which waits for the writes under way. So a server of an older schema cannot write after that, with no question
-- asked for each write.
CREATE TABLE account (
    account_id     bigint PRIMARY KEY,
    name           text COLLATE "C" NOT NULL,
    zone           text COLLATE "C" NOT NULL,
    created_at     bigint NOT NULL,
    schema_4       integer,
    recounted_to   bigint,
    hours_revision bigint NOT NULL DEFAULT 0,
    hours_counted  bigint NOT NULL DEFAULT 0,
    last_group     bigint NOT NULL DEFAULT 0
);

CREATE TABLE working_hours (
    account_id bigint NOT NULL,
    group_id   bigint NOT NULL,
    hours      text COLLATE "C" NOT NULL,
    PRIMARY KEY (account_id, group_id)
);

CREATE TABLE agent (
    account_id bigint NOT NULL,
    login_key  text COLLATE "C" NOT NULL,
    login      text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    permission text COLLATE "C" NOT NULL CHECK (permission IN ('owner', 'administrator', 'normal')),
    status     text COLLATE "C" NOT NULL DEFAULT 'offline',
    signs_in   integer NOT NULL DEFAULT 1,
    job_title  text COLLATE "C" NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    settings   text COLLATE "C" NOT NULL DEFAULT '{}',
    deleted_at bigint,
    deleted_by text COLLATE "C",
    PRIMARY KEY (account_id, login_key)
);

CREATE TABLE api_key (
    key_hash   bytea  NOT NULL PRIMARY KEY,
    key_id     text COLLATE "C" NOT NULL UNIQUE,
    account_id bigint NOT NULL,
    login_key  text COLLATE "C" NOT NULL,
    label      text COLLATE "C" NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    revoked_at bigint
);
CREATE INDEX api_key_by_account ON api_key (account_id, created_at);

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
CREATE INDEX oauth_token_by_agent ON oauth_token (account_id, client_id, login_key, kind, created_at);

CREATE TABLE account_group (
    account_id bigint NOT NULL,
    group_id   bigint NOT NULL,
    name       text COLLATE "C" NOT NULL,
    language   text COLLATE "C" NOT NULL DEFAULT 'en',
    PRIMARY KEY (account_id, group_id)
);

CREATE TABLE group_member (
    account_id bigint NOT NULL,
    group_id   bigint NOT NULL,
    login_key  text COLLATE "C" NOT NULL,
    PRIMARY KEY (account_id, group_id, login_key)
);

CREATE TABLE tag (
    account_id bigint NOT NULL,
    name       text COLLATE "C" NOT NULL,
    author     text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    group_id   bigint NOT NULL DEFAULT 0,
    deleted_at bigint,
    PRIMARY KEY (account_id, name)
);

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

CREATE TABLE follow_up (
    account_id   bigint PRIMARY KEY,
    remind_hours bigint NOT NULL,
    solve_hours  bigint NOT NULL
);

CREATE TABLE ticket_form (
    account_id     bigint PRIMARY KEY,
    origins        text COLLATE "C" NOT NULL,
    without_origin bigint NOT NULL,
    per_minute     bigint NOT NULL
);

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

CREATE TABLE ticket_event (
    account_id bigint NOT NULL,
    event_key  bigint NOT NULL,
    ticket_key bigint NOT NULL,
    seq        bigint NOT NULL,
    at         bigint NOT NULL,
    silent     bigint NOT NULL,
    event      bytea  NOT NULL,
    PRIMARY KEY (account_id, event_key)
);
CREATE UNIQUE INDEX ticket_event_by_ticket ON ticket_event (account_id, ticket_key, seq);
-- Changes of the requester (`silent` is 2): who a ticket was of as of an instant.
CREATE INDEX ticket_event_of_requesters ON ticket_event (account_id, at, ticket_key) WHERE silent = 2;

CREATE TABLE ticket (
    account_id       bigint NOT NULL,
    ticket_key       bigint NOT NULL,
    ticket_id        text COLLATE "C" NOT NULL,
    created_at       bigint NOT NULL,
    modified_at      bigint NOT NULL,
    last_activity_at bigint NOT NULL,
    last_message_at  bigint NOT NULL,
    status           text COLLATE "C" NOT NULL CHECK (status IN ('open', 'pending', 'solved', 'spam')),
    source           text COLLATE "C" NOT NULL,
    source_id        text COLLATE "C",
    assignee         text COLLATE "C",
    requester        text COLLATE "C" NOT NULL,
    tag_count        bigint NOT NULL,
    events           bigint NOT NULL,
    shown            bytea  NOT NULL,
    PRIMARY KEY (account_id, ticket_key)
);
CREATE UNIQUE INDEX ticket_by_id ON ticket (account_id, ticket_id);
CREATE INDEX ticket_by_message   ON ticket (account_id, last_message_at, ticket_id,
                                         last_activity_at, created_at, assignee, tag_count, status, source);
CREATE INDEX ticket_by_status    ON ticket (account_id, status, last_message_at, ticket_id,
                                         last_activity_at, created_at, assignee, tag_count, source);
CREATE INDEX ticket_by_assignee  ON ticket (account_id, assignee, last_message_at, ticket_id,
                                         last_activity_at, created_at, status, tag_count, source);
CREATE INDEX ticket_in_brief     ON ticket (account_id, ticket_key, status, assignee, source, tag_count, last_activity_at, created_at);
CREATE INDEX ticket_by_source    ON ticket (account_id, source, last_message_at, ticket_id);
CREATE INDEX ticket_by_requester ON ticket (account_id, requester, last_message_at, ticket_id);
CREATE INDEX ticket_by_source_id ON ticket (account_id, source_id, last_message_at, ticket_id) WHERE source_id IS NOT NULL;
CREATE INDEX ticket_by_activity  ON ticket (account_id, last_activity_at, created_at, ticket_id);
CREATE INDEX ticket_by_creation  ON ticket (account_id, created_at, tag_count);
-- Tickets whose last change was silent, so that with `ticket_by_activity` all that changed since an instant are found. A new ticket, and one
-- that was written to last, are not in it.
CREATE INDEX ticket_by_silent_change ON ticket (account_id, modified_at, last_activity_at) WHERE modified_at > last_activity_at;

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

CREATE TABLE ticket_group (
    account_id      bigint NOT NULL,
    group_id        bigint NOT NULL,
    ticket_key      bigint NOT NULL,
    ticket_id       text COLLATE "C" NOT NULL,
    last_message_at bigint NOT NULL,
    PRIMARY KEY (account_id, group_id, ticket_key)
);
CREATE INDEX ticket_group_by_message ON ticket_group (account_id, group_id, last_message_at, ticket_id);

CREATE TABLE ticket_tag (
    account_id      bigint NOT NULL,
    tag             text COLLATE "C" NOT NULL,
    ticket_key      bigint NOT NULL,
    ticket_id       text COLLATE "C" NOT NULL,
    last_message_at bigint NOT NULL,
    PRIMARY KEY (account_id, tag, ticket_key)
);
CREATE INDEX ticket_tag_by_message ON ticket_tag (account_id, tag, last_message_at, ticket_id);

CREATE TABLE ticket_value (
    account_id      bigint NOT NULL,
    value           text COLLATE "C" NOT NULL,
    ticket_key      bigint NOT NULL,
    ticket_id       text COLLATE "C" NOT NULL,
    last_message_at bigint NOT NULL,
    PRIMARY KEY (account_id, value, ticket_key)
);
CREATE INDEX ticket_value_by_message ON ticket_value (account_id, value, last_message_at, ticket_id);

CREATE TABLE fact (
    account_id     bigint NOT NULL,
    kind           integer NOT NULL CHECK (kind BETWEEN 1 AND 17),
    at             bigint NOT NULL,
    ticket_key     bigint NOT NULL,
    seq            integer NOT NULL,
    agent          text COLLATE "C",
    seconds        bigint,
    open_seconds   bigint,
    worked_seconds bigint,
    until          bigint,
    PRIMARY KEY (account_id, kind, at, ticket_key, seq) INCLUDE (agent, seconds)
);
CREATE INDEX fact_by_agent ON fact (account_id, kind, agent, at, ticket_key, seconds) WHERE agent IS NOT NULL;
CREATE INDEX fact_by_end ON fact (account_id, kind, until, ticket_key) WHERE until IS NOT NULL;

-- Nothing of what changes is in an index, so that a sum can be changed in its place.
CREATE TABLE rollup (
    account_id           bigint NOT NULL,
    scope                text COLLATE "C" NOT NULL,
    agent                text COLLATE "C" NOT NULL,
    level                integer NOT NULL,
    slot                 bigint NOT NULL,
    created              integer NOT NULL,
    chat_window          integer NOT NULL,
    mail                 integer NOT NULL,
    chat                 integer NOT NULL,
    entered_open         integer NOT NULL,
    left_open            integer NOT NULL,
    entered_pending      integer NOT NULL,
    left_pending         integer NOT NULL,
    responded            integer NOT NULL,
    responded_seconds    bigint NOT NULL,
    responded_worked     bigint NOT NULL,
    answered             integer NOT NULL,
    answered_seconds     bigint NOT NULL,
    answered_worked      bigint NOT NULL,
    messages             integer NOT NULL,
    notes                integer NOT NULL,
    solved               integer NOT NULL,
    solved_seconds       bigint NOT NULL,
    solved_open          bigint NOT NULL,
    solved_worked        bigint NOT NULL,
    first_solved         integer NOT NULL,
    first_solved_seconds bigint NOT NULL,
    every_solved         integer NOT NULL,
    every_solved_seconds bigint NOT NULL,
    reopened             integer NOT NULL,
    bad                  integer NOT NULL,
    good                 integer NOT NULL,
    PRIMARY KEY (account_id, scope, agent, level, slot)
);

-- The words of each ticket in order, folded (domain/words.py), a blank between them; `notes` are agents' only. In the index each stands behind
-- its account (`42:word`), so that every account has lists of its own and words that begin alike lie together. It knows no positions: a
-- tsvector holds none above 16,383, and would answer differently from SQLite there; phrases are looked up in the rows.
-- Texts lie apart from their rows (toast): whoever counts reads rows, and a million of them are 80 MB then instead of 1 GB.
CREATE TABLE search (
    account_id bigint NOT NULL,
    ticket_key bigint NOT NULL,
    words      text COLLATE "C" NOT NULL,
    notes      text COLLATE "C" NOT NULL,
    PRIMARY KEY (account_id, ticket_key)
) WITH (toast_tuple_target = 128);
CREATE INDEX search_by_words ON search USING gin (
    array_to_tsvector(string_to_array(substr(replace(' ' || btrim(words || ' ' || notes), ' ', ' ' || account_id::text || ':'), 2), ' '))
);

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
