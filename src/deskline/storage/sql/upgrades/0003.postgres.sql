-- More kinds of facts, and roll-ups: facts summed in slots of UTC, so that a report costs what its rows do. Both follow from timelines, which
-- SQL cannot read: the tables are left empty, and each account marked as one whose tickets are to be worked out anew.
ALTER TABLE account ADD COLUMN recounted_to bigint;
ALTER TABLE account ADD COLUMN hours_revision bigint NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN hours_counted  bigint NOT NULL DEFAULT 0;
CREATE TABLE working_hours (
    account_id bigint NOT NULL,
    group_id   bigint NOT NULL,
    hours      text COLLATE "C" NOT NULL,
    PRIMARY KEY (account_id, group_id)
);
UPDATE account SET recounted_to = 0;
DROP TABLE fact;
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
-- Tickets whose last change was silent, so that all that changed since an instant are found.
CREATE INDEX ticket_by_silent_change ON ticket (account_id, modified_at, last_activity_at) WHERE modified_at > last_activity_at;
-- Words are folded by Deskline itself now, and those of notes are kept apart: the index is made anew.
DROP TABLE search;
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
-- Indexes of lists that hold what any two filters ask.
DROP INDEX ticket_by_message;
CREATE INDEX ticket_by_message   ON ticket (account_id, last_message_at, ticket_id,
                                         last_activity_at, created_at, assignee, tag_count, status, source);
DROP INDEX ticket_by_status;
CREATE INDEX ticket_by_status    ON ticket (account_id, status, last_message_at, ticket_id,
                                         last_activity_at, created_at, assignee, tag_count, source);
DROP INDEX ticket_by_assignee;
CREATE INDEX ticket_by_assignee  ON ticket (account_id, assignee, last_message_at, ticket_id,
                                         last_activity_at, created_at, status, tag_count, source);
CREATE INDEX ticket_in_brief     ON ticket (account_id, ticket_key, status, assignee, source, tag_count, last_activity_at, created_at);
