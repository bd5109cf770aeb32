DROP INDEX audit_by_act;
DROP INDEX audit_by_object;
CREATE INDEX audit_by_act ON audit (act);
CREATE INDEX audit_by_object ON audit (object, sequence);
