DROP INDEX notice_by_form;
ALTER TABLE notice DROP COLUMN form_key;
