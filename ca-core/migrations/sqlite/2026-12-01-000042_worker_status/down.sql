ALTER TABLE worker_status DROP COLUMN missing_keys;
ALTER TABLE worker_status DROP COLUMN place;
