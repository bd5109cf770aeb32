-- One signed answer a serial, or that one is owed (due_at 0, nothing signed). What is no longer true is wiped by the
-- commit that makes it untrue; version tells a worker whether what it signed is still what is asked for.
CREATE TABLE ocsp_answer (
    serial TEXT PRIMARY KEY NOT NULL,
    generation BIGINT NOT NULL REFERENCES authority (generation),
    version BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    this_update BIGINT,
    next_update BIGINT,
    der BLOB
);

CREATE INDEX ocsp_answer_due ON ocsp_answer (generation, due_at);

INSERT INTO ocsp_answer (serial, generation, version, due_at)
    SELECT serial, generation, 1, 0 FROM certificate;
INSERT INTO ocsp_answer (serial, generation, version, due_at)
    SELECT serial, generation, 1, 0 FROM intent WHERE state = 'abandoned';
