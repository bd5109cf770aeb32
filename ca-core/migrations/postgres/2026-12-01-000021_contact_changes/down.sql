ALTER TABLE account DROP COLUMN contact_changes;
