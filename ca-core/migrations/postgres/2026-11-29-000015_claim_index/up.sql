-- A worker claims the oldest decisions first: without this, each claim reads and sorts every request that waits.
CREATE INDEX request_to_claim ON request (state, decided_at, id);
