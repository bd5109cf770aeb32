-- Whether an entry tells of a row is asked for each row: object and verb in one index, or every entry with the verb is
-- looked at. Entries with a verb are read page by page: in the order of the index, or each page sorts them all.
DROP INDEX audit_by_object;
DROP INDEX audit_by_act;
CREATE INDEX audit_by_object ON audit (object, act);
CREATE INDEX audit_by_act ON audit (act, sequence);
