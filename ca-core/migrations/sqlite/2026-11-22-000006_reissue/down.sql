DROP TABLE reminder;
DROP TABLE throttle;
DROP TABLE reissue;
