DROP TABLE restoration;
DROP TABLE journal_mark;
