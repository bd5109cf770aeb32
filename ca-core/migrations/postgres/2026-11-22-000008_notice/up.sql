-- What operators publish to one account, to a class or to everybody.
CREATE TABLE notice (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    readers TEXT NOT NULL,
    class TEXT,
    account_id BIGINT REFERENCES account (id),
    shown_from BIGINT NOT NULL,
    shown_until BIGINT,
    published_by TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    withdrawn_by TEXT,
    withdrawn_at BIGINT,
    mailed_through BIGINT NOT NULL DEFAULT 0,
    mailed_at BIGINT
);

-- What an account did with a notice. No row: not read yet.
CREATE TABLE notice_receipt (
    notice_id BIGINT NOT NULL REFERENCES notice (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    read_at BIGINT,
    deleted_at BIGINT,
    PRIMARY KEY (notice_id, account_id)
);

-- Which kinds of mail an account wants. No row: wanted.
CREATE TABLE mail_preference (
    account_id BIGINT NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL,
    wanted BOOLEAN NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind)
);

-- A mail address on its way to being changed; the codes are kept as hashes only.
CREATE TABLE address_change (
    id TEXT PRIMARY KEY NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    old_address TEXT,
    new_address TEXT NOT NULL,
    new_code_hash TEXT NOT NULL,
    old_code_hash TEXT,
    state TEXT NOT NULL,
    new_proven_at BIGINT,
    old_proven_at BIGINT,
    confirmed_by TEXT,
    wrong_tries BIGINT NOT NULL DEFAULT 0,
    requested_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    settled_at BIGINT
);

CREATE UNIQUE INDEX address_change_one_waiting ON address_change (account_id)
    WHERE state = 'waiting';
CREATE INDEX address_change_by_account ON address_change (account_id, requested_at);
CREATE INDEX notice_by_start ON notice (shown_from);
CREATE INDEX notice_to_mail ON notice (mailed_at, shown_from);

-- When the check page first saw the certificate in a browser.
ALTER TABLE certificate ADD COLUMN installed_at BIGINT;
