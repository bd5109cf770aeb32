DROP INDEX certificate_by_purpose;
DROP INDEX audit_by_act;
