-- More kinds of facts, and roll-ups: facts summed in slots of UTC, so that a report costs what its rows do. Both follow from timelines, which
-- SQL cannot read: the tables are left empty, and each account marked as one whose tickets are to be worked out anew.
ALTER TABLE account ADD COLUMN recounted_to INTEGER;
ALTER TABLE account ADD COLUMN hours_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN hours_counted  INTEGER NOT NULL DEFAULT 0;
CREATE TABLE working_hours (
    account_id INTEGER NOT NULL,
    group_id   INTEGER NOT NULL,
    hours      TEXT    NOT NULL,
    PRIMARY KEY (account_id, group_id)
) STRICT, WITHOUT ROWID;
UPDATE account SET recounted_to = 0;
DROP TABLE fact;
CREATE TABLE fact (
    account_id     INTEGER NOT NULL,
    kind           INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 17),
    at             INTEGER NOT NULL,
    ticket_key     INTEGER NOT NULL,
    seq            INTEGER NOT NULL,
    agent          TEXT,
    seconds        INTEGER,
    open_seconds   INTEGER,
    worked_seconds INTEGER,
    until          INTEGER,
    PRIMARY KEY (account_id, kind, at, ticket_key, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_by_agent ON fact (account_id, kind, agent, at, ticket_key, seconds) WHERE agent IS NOT NULL;
CREATE INDEX fact_by_end ON fact (account_id, kind, until, ticket_key) WHERE until IS NOT NULL;

CREATE TABLE rollup (
    account_id           INTEGER NOT NULL,
    scope                TEXT    NOT NULL,
    agent                TEXT    NOT NULL,
    level                INTEGER NOT NULL,
    slot                 INTEGER NOT NULL,
    created              INTEGER NOT NULL,
    chat_window          INTEGER NOT NULL,
    mail                 INTEGER NOT NULL,
    chat                 INTEGER NOT NULL,
    entered_open         INTEGER NOT NULL,
    left_open            INTEGER NOT NULL,
    entered_pending      INTEGER NOT NULL,
    left_pending         INTEGER NOT NULL,
    responded            INTEGER NOT NULL,
    responded_seconds    INTEGER NOT NULL,
    responded_worked     INTEGER NOT NULL,
    answered             INTEGER NOT NULL,
    answered_seconds     INTEGER NOT NULL,
    answered_worked      INTEGER NOT NULL,
    messages             INTEGER NOT NULL,
    notes                INTEGER NOT NULL,
    solved               INTEGER NOT NULL,
    solved_seconds       INTEGER NOT NULL,
    solved_open          INTEGER NOT NULL,
    solved_worked        INTEGER NOT NULL,
    first_solved         INTEGER NOT NULL,
    first_solved_seconds INTEGER NOT NULL,
    every_solved         INTEGER NOT NULL,
    every_solved_seconds INTEGER NOT NULL,
    reopened             INTEGER NOT NULL,
    bad                  INTEGER NOT NULL,
    good                 INTEGER NOT NULL,
    PRIMARY KEY (account_id, scope, agent, level, slot)
) STRICT, WITHOUT ROWID;
-- Tickets whose last change was silent, so that all that changed since an instant are found.
CREATE INDEX ticket_by_silent_change ON ticket (account_id, modified_at, last_activity_at) WHERE modified_at > last_activity_at;
-- Words are folded by Deskline itself now, and those of notes are kept apart: the index is made anew.
DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5 (
    words, notes, content = '', contentless_delete = 1, tokenize = 'ascii'
);
INSERT INTO search (search, rank) VALUES ('automerge', 8);
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
