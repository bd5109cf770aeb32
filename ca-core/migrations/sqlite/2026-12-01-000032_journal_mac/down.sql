ALTER TABLE journal_mark DROP COLUMN is_keyed;
