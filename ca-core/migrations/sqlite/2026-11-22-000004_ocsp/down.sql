DROP TABLE ocsp_answer;
