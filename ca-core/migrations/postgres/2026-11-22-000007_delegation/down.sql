DROP TABLE delegation;
ALTER TABLE account DROP COLUMN community_support;
