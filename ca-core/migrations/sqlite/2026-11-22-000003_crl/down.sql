DROP INDEX certificate_by_issue;
DROP TABLE crl;
