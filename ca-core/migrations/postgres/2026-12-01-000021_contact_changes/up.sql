-- Who last changed an account's name, post address or mail address does not decide its next request.
ALTER TABLE account ADD COLUMN contact_changes TEXT NOT NULL DEFAULT '[]';
