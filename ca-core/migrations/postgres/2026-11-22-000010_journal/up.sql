-- How far each journal (a file of a worker's machine, outside the database) is known to agree with this database.
-- A database that was restored has an older mark: what the journal says after it is looked up again.
CREATE TABLE journal_mark (
    journal TEXT PRIMARY KEY NOT NULL,
    sequence BIGINT NOT NULL,
    position BIGINT NOT NULL,
    hash TEXT NOT NULL,
    marked_at BIGINT NOT NULL
);

-- Restorations from a backup, written by the restoration itself. While one is not reconciled with the journals,
-- nothing is signed.
CREATE TABLE restoration (
    archive TEXT PRIMARY KEY NOT NULL,
    archive_made_at BIGINT NOT NULL,
    restored_by TEXT NOT NULL,
    restored_at BIGINT NOT NULL,
    reconciled_at BIGINT
);
