-- Which roots' keys a worker lacks; and where it runs, so that a successor takes the place of the one that was killed.
ALTER TABLE worker_status ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE worker_status ADD COLUMN missing_keys TEXT NOT NULL DEFAULT '[]';
