-- The applicant's own password before the present one, as a hash: it may not be chosen again.
ALTER TABLE account ADD COLUMN previous_login_password_hash TEXT;

-- The first login at the portal with a certificate: who downloaded but never logged in can be asked why.
ALTER TABLE certificate ADD COLUMN first_portal_login_at BIGINT;
