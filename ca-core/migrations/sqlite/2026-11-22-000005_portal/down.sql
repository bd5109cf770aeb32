ALTER TABLE certificate DROP COLUMN first_portal_login_at;
ALTER TABLE account DROP COLUMN previous_login_password_hash;
