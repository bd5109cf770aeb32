-- What the CRL and the OCSP answers have to follow, in order and for ever: one row an event, never changed.
-- The sequence is drawn from authority.revocation_sequence, whose row lock lasts until the commit, so that
-- whoever has read up to a number has missed nothing below it.
ALTER TABLE authority ADD COLUMN revocation_sequence BIGINT NOT NULL DEFAULT 0;

CREATE TABLE revocation (
    generation BIGINT NOT NULL REFERENCES authority (generation),
    sequence BIGINT NOT NULL,
    serial TEXT NOT NULL,
    event TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    ends_at BIGINT,
    PRIMARY KEY (generation, sequence)
);

CREATE INDEX revocation_by_serial ON revocation (serial, sequence);

-- The certificate that a portal session is bound to, and the account it looks at.
ALTER TABLE session ADD COLUMN certificate_serial TEXT;
ALTER TABLE session ADD COLUMN reference_account_id BIGINT;

CREATE INDEX session_by_certificate ON session (certificate_serial);
