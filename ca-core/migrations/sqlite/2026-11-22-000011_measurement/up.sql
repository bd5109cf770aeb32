-- What monitoring counts at every look: acts of the audit by their verb, the last end of each kind of certificate.
CREATE INDEX audit_by_act ON audit (act);
CREATE INDEX certificate_by_purpose ON certificate (purpose, not_after);
