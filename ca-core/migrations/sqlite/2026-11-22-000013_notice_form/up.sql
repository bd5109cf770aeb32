-- The form that a notice came from: sent twice, it is one notice. None for notices of ca-cli.
ALTER TABLE notice ADD COLUMN form_key TEXT;
CREATE UNIQUE INDEX notice_by_form ON notice (form_key);
