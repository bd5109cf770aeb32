-- Certificate revocation lists (RFC 5280 §5), one row a list; numbers only rise within a generation.
-- covered: the last event of table revocation that is in it. regular_at, regular_covered: the same of the last
-- list that was due by its age, this one or an earlier one; expired entries leave only after one of those.
-- Only the newest row has its bytes.
CREATE TABLE crl (
    generation BIGINT NOT NULL REFERENCES authority (generation),
    number BIGINT NOT NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    covered BIGINT NOT NULL,
    regular_at BIGINT NOT NULL,
    regular_covered BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    der BLOB,
    PRIMARY KEY (generation, number)
);

-- What a mass revocation selects by.
CREATE INDEX certificate_by_issue ON certificate (issued_at);
