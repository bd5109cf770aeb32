DROP INDEX session_by_certificate;
ALTER TABLE session DROP COLUMN reference_account_id;
ALTER TABLE session DROP COLUMN certificate_serial;
DROP TABLE revocation;
ALTER TABLE authority DROP COLUMN revocation_sequence;
