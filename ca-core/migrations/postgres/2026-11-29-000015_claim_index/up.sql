-- A worker claims the oldest decisions first: without this, each claim looks at every request that waits.
CREATE INDEX request_to_claim ON request (decided_at, id) WHERE state = 'approved';
