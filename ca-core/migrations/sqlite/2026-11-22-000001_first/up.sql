-- Offices and agents, as staff registered them. Times are epoch milliseconds (UTC) everywhere.
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    user_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    recipient TEXT,
    postal_code TEXT NOT NULL,
    address TEXT NOT NULL,
    mail_address TEXT,
    status TEXT NOT NULL,
    registered_by TEXT NOT NULL,
    login_password_hash TEXT,
    login_password_temporary BOOLEAN NOT NULL DEFAULT FALSE,
    login_password_changed_at BIGINT,
    issuance_password_hash TEXT,
    letter_due BOOLEAN NOT NULL DEFAULT TRUE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- One run of the letter printer: one PDF.
CREATE TABLE letter_run (
    id TEXT PRIMARY KEY NOT NULL,
    printed_by TEXT NOT NULL,
    printed_at BIGINT NOT NULL,
    letters BIGINT NOT NULL,
    pdf_sha256 TEXT NOT NULL
);

-- One posted letter; the passwords on it are hashes in account, nothing here.
CREATE TABLE letter (
    number TEXT PRIMARY KEY NOT NULL,
    run_id TEXT NOT NULL REFERENCES letter_run (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    printed_at BIGINT NOT NULL
);

-- People who decide. Their certificate is bound by serial and public key, not by name.
CREATE TABLE operator (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    certificate_serial TEXT,
    certificate_spki_sha256 TEXT,
    own_user_id TEXT,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- A browser's session; the cookie's value is kept as a hash only.
CREATE TABLE session (
    id_hash TEXT PRIMARY KEY NOT NULL,
    audience TEXT NOT NULL,
    account_id BIGINT REFERENCES account (id),
    operator_id BIGINT REFERENCES operator (id),
    stage TEXT NOT NULL,
    draft_request_id TEXT,
    draft_key_id TEXT,
    draft_sealed_password BLOB,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);

-- Wrong tries in a row, by the user ID typed, whether or not it exists.
CREATE TABLE try_counter (
    scope TEXT NOT NULL,
    user_id TEXT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (scope, user_id)
);

-- Public halves of the workers' sealing keys.
CREATE TABLE seal_key (
    id TEXT PRIMARY KEY NOT NULL,
    public_key BLOB NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Generations of the root.
CREATE TABLE authority (
    generation BIGINT PRIMARY KEY NOT NULL,
    certificate_der BLOB NOT NULL,
    subject TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    crl_number BIGINT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Requests for certificates.
CREATE TABLE request (
    id TEXT PRIMARY KEY NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL,
    profile TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    submitted_at BIGINT NOT NULL,
    promised_at BIGINT,
    seal_key_id TEXT NOT NULL,
    sealed_password BLOB,
    decided_at BIGINT,
    rejection_reason TEXT,
    lease_owner TEXT,
    lease_until BIGINT,
    fence BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    failure TEXT,
    updated_at BIGINT NOT NULL
);

-- An operator's yes, with the digest of what was seen. A state column is not an approval.
CREATE TABLE approval (
    request_id TEXT PRIMARY KEY NOT NULL REFERENCES request (id),
    operator_id BIGINT NOT NULL REFERENCES operator (id),
    approved_at BIGINT NOT NULL,
    digest TEXT NOT NULL
);

-- What is about to be signed; committed before the CA key is used.
CREATE TABLE intent (
    serial TEXT PRIMARY KEY NOT NULL,
    purpose TEXT NOT NULL,
    generation BIGINT NOT NULL REFERENCES authority (generation),
    request_id TEXT REFERENCES request (id),
    fence BIGINT NOT NULL,
    tbs_sha256 TEXT NOT NULL,
    profile_sha256 TEXT NOT NULL,
    state TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    settled_at BIGINT
);

-- What was signed.
CREATE TABLE certificate (
    serial TEXT PRIMARY KEY NOT NULL REFERENCES intent (serial),
    purpose TEXT NOT NULL,
    generation BIGINT NOT NULL REFERENCES authority (generation),
    request_id TEXT UNIQUE REFERENCES request (id),
    account_id BIGINT REFERENCES account (id),
    subject TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    certificate_der BLOB NOT NULL,
    spki_sha256 TEXT NOT NULL,
    sha1_thumbprint TEXT NOT NULL,
    pkcs12 BLOB,
    issued_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    revoked_at BIGINT,
    revocation_reason TEXT,
    download_count BIGINT NOT NULL DEFAULT 0,
    first_downloaded_at BIGINT,
    last_downloaded_at BIGINT
);

-- Mails that a committed act owes; sent at least once.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    kind TEXT NOT NULL,
    to_address TEXT NOT NULL,
    facts TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_try_at BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    sent_at BIGINT
);

-- Every act, hash-chained in the order of commit.
CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);

-- The chain's end; its row lock puts writers in order.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY NOT NULL,
    sequence BIGINT NOT NULL,
    hash TEXT NOT NULL
);

-- An operator's order to sign outside business hours.
CREATE TABLE calendar_override (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    opened_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);

-- What each worker last said of itself.
CREATE TABLE worker_status (
    worker TEXT PRIMARY KEY NOT NULL,
    seen_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE UNIQUE INDEX request_one_open_per_account ON request (account_id)
    WHERE state IN ('pending', 'approved', 'signing', 'failed');
CREATE INDEX request_by_state ON request (state, submitted_at);
CREATE INDEX request_by_account ON request (account_id, submitted_at);
CREATE INDEX intent_by_request ON intent (request_id);
CREATE INDEX intent_by_state ON intent (state, recorded_at);
CREATE INDEX certificate_by_account ON certificate (account_id, not_after);
CREATE INDEX certificate_by_end ON certificate (not_after);
CREATE INDEX outbox_due ON outbox (state, next_try_at);
CREATE INDEX audit_by_object ON audit (object, sequence);
CREATE INDEX session_by_account ON session (account_id);
CREATE INDEX letter_by_account ON letter (account_id);

INSERT INTO audit_head (id, sequence, hash)
    VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');
