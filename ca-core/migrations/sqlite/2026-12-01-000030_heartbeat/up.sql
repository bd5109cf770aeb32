-- One row for each kind of program that proves by writing it that the database takes writes.
CREATE TABLE heartbeat (
    program TEXT PRIMARY KEY NOT NULL,
    written_at BIGINT NOT NULL
);
