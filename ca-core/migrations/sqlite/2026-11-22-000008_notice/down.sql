ALTER TABLE certificate DROP COLUMN installed_at;
DROP TABLE address_change;
DROP TABLE mail_preference;
DROP TABLE notice_receipt;
DROP TABLE notice;
