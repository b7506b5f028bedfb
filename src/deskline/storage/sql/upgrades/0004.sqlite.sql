-- What agents set for themselves, as the API shows it.
ALTER TABLE agent ADD COLUMN settings   TEXT    NOT NULL DEFAULT '{}';
