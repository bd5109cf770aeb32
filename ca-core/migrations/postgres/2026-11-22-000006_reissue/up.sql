-- Applications for new passwords, as strangers typed them: the user ID may not exist.
CREATE TABLE reissue (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL,
    office_name TEXT NOT NULL,
    person TEXT NOT NULL,
    telephone TEXT NOT NULL,
    mail_address TEXT,
    lost TEXT NOT NULL,
    detail TEXT,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    submitted_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by TEXT,
    note TEXT
);

CREATE INDEX reissue_by_state ON reissue (state, submitted_at);
CREATE INDEX reissue_by_user_id ON reissue (user_id, submitted_at);

-- How often a public form was used by one source, or for one ID, since an instant; shared by all web programs.
CREATE TABLE throttle (
    scope TEXT NOT NULL,
    subject TEXT NOT NULL,
    begins_at BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    PRIMARY KEY (scope, subject, begins_at)
);

-- Which reminder went out: once for each thing that ends, mark and channel, however many workers run.
CREATE TABLE reminder (
    subject TEXT NOT NULL,
    days BIGINT NOT NULL,
    channel TEXT NOT NULL,
    reminded_at BIGINT NOT NULL,
    PRIMARY KEY (subject, days, channel)
);
