-- Whether the line at the mark, and so every later one of its journal, carries a MAC. Journals that were begun before
-- lines had one are read on; a line without one after such a mark was not written by a program of this site.
ALTER TABLE journal_mark ADD COLUMN is_keyed BOOLEAN NOT NULL DEFAULT FALSE;
