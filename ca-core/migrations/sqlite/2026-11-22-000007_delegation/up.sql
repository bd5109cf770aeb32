-- Whether the office runs community-support services: some functions of the portal are for those alone.
ALTER TABLE account ADD COLUMN community_support BOOLEAN NOT NULL DEFAULT FALSE;

-- An office lets an agent act for it. ends_at is the first instant at which it does not hold any more.
-- That an office has one agent at a time is checked under the lock of the office's row.
CREATE TABLE delegation (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    office_id BIGINT NOT NULL REFERENCES account (id),
    agent_id BIGINT NOT NULL REFERENCES account (id),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_by TEXT,
    ended_at BIGINT
);

CREATE INDEX delegation_by_office ON delegation (office_id, starts_at);
CREATE INDEX delegation_by_agent ON delegation (agent_id, starts_at);
