-- What agents set for themselves, as the API shows it.
ALTER TABLE agent ADD COLUMN settings   text COLLATE "C" NOT NULL DEFAULT '{}';
